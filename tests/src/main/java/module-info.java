/** What needs more than one module: parity, cross-backend cases, end to end, benchmarks. */
module dev.unmask.tests {
    requires dev.unmask.train;
}
