/** Training of masked diffusion and autoregressive models. */
module dev.unmask.train {
    requires transitive dev.unmask.sample;
    requires com.fasterxml.jackson.databind;

    exports dev.unmask.train;
    exports dev.unmask.train.data;
    exports dev.unmask.train.records;

    opens dev.unmask.train to
            com.fasterxml.jackson.databind;
    opens dev.unmask.train.data to
            com.fasterxml.jackson.databind;
    opens dev.unmask.train.records to
            com.fasterxml.jackson.databind;

    uses dev.unmask.train.data.Compression;
    uses dev.unmask.train.data.RecordFormat;
    uses dev.unmask.train.Collective.Provider;
}
