/** Tensors, backends, programs and the tape: what everything else of Unmask is written against. */
module dev.unmask.tensor {
    requires com.fasterxml.jackson.databind;
    requires jdk.management;

    exports dev.unmask.tensor;
    exports dev.unmask.tensor.grad;
    exports dev.unmask.tensor.io;
    exports dev.unmask.tensor.kernel;
    exports dev.unmask.tensor.program;
    exports dev.unmask.tensor.reference;

    uses dev.unmask.tensor.program.BackendProvider;

    provides dev.unmask.tensor.program.BackendProvider with
            dev.unmask.tensor.reference.ReferenceBackendProvider;
}
