/** Samplers, guidance and likelihood of masked diffusion and autoregressive models. */
module dev.unmask.sample {
    requires transitive dev.unmask.model;

    exports dev.unmask.sample;

    opens dev.unmask.sample to
            com.fasterxml.jackson.databind;
}
