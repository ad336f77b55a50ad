/** The transformer, its configuration, weights and tokenizers. */
module dev.unmask.model {
    requires transitive dev.unmask.tensor;
    requires transitive com.fasterxml.jackson.databind;
    requires ai.djl.tokenizers;

    exports dev.unmask.model;
}
