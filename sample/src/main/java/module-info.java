/** Samplers, guidance and likelihood of masked diffusion and autoregressive models. */
module dev.unmask.sample {
    requires transitive dev.unmask.model;
    requires com.fasterxml.jackson.databind;

    exports dev.unmask.sample;
    exports dev.unmask.sample.tasks;

    opens dev.unmask.sample to
            com.fasterxml.jackson.databind;
    opens dev.unmask.sample.tasks to
            com.fasterxml.jackson.databind;
}
