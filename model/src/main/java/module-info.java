/** The transformer, its configuration, weights and tokenizers. */
module dev.unmask.model {
    requires transitive dev.unmask.tensor;
    requires transitive com.fasterxml.jackson.databind;

    exports dev.unmask.model;

    uses dev.unmask.model.TokenizerLibrary;
}
