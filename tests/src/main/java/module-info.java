/** What spans modules: cross-backend, parity and end-to-end tests, and benchmarks. */
open module dev.unmask.tests {
    requires dev.unmask.cli;
    requires java.management;
    requires jmh.core;
}
