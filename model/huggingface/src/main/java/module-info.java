/** Tokenizers of every kind, by Hugging Face's native library. */
module dev.unmask.huggingface {
    requires dev.unmask.model;
    requires ai.djl.tokenizers;
    // An automatic module cannot say what it needs: without these lines they are not on the module graph.
    requires com.google.gson;
    requires com.sun.jna;
    requires org.slf4j;

    provides dev.unmask.model.tokenizer.TokenizerLibrary with
            dev.unmask.model.huggingface.NativeTokenizerLibrary;
}
