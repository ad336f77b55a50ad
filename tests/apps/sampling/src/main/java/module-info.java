/** An app on the module path that fills blanks. */
module app.sampling {
    requires dev.unmask.sample;
}
