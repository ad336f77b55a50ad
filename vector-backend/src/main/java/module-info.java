/** The CPU backend: every kernel as SIMD code on the Vector API. */
module dev.unmask.vector {
    requires dev.unmask.tensor;
    requires jdk.incubator.vector;
    requires jdk.management;

    provides dev.unmask.tensor.program.BackendProvider with
            dev.unmask.vector.VectorBackendProvider;
}
