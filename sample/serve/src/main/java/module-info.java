/** Serves a model over HTTP: a page for people, an API for programs. */
module dev.unmask.serve {
    requires transitive dev.unmask.sample;
    requires com.fasterxml.jackson.databind;
    requires org.eclipse.jetty.server;

    exports dev.unmask.serve;
}
