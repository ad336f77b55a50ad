/** The transformer, its configuration, weights and tokenizers. */
module dev.unmask.model {
    requires transitive dev.unmask.tensor;
    requires transitive com.fasterxml.jackson.databind;
    requires ai.djl.tokenizers;
    // An automatic module cannot say what it needs: without these lines they are not on the module graph.
    requires com.google.gson;
    requires com.sun.jna;
    requires org.slf4j;

    exports dev.unmask.model;
}
