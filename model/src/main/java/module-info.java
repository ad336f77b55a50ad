/** The transformer, its configuration, weights and tokenizers. */
@SuppressWarnings("module") // The modules that one package is for are compiled after this one.
module dev.unmask.model {
    requires transitive dev.unmask.tensor;
    requires com.fasterxml.jackson.databind;

    exports dev.unmask.model;
    exports dev.unmask.model.chat;
    exports dev.unmask.model.json to
            dev.unmask.cli,
            dev.unmask.sample,
            dev.unmask.train;
    exports dev.unmask.model.tokenizer;
    exports dev.unmask.model.format;

    uses dev.unmask.model.Family;

    opens dev.unmask.model to
            com.fasterxml.jackson.databind;

    uses dev.unmask.model.chat.TemplateLibrary;
    uses dev.unmask.model.tokenizer.TokenizerLibrary;

    provides dev.unmask.model.Family with
            dev.unmask.model.format.A2d,
            dev.unmask.model.format.Bert,
            dev.unmask.model.format.Dream,
            dev.unmask.model.format.Llada,
            dev.unmask.model.format.Llama,
            dev.unmask.model.format.Qwen2,
            dev.unmask.model.format.Qwen3,
            dev.unmask.model.format.Smdm;
}
