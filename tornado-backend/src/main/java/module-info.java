/** The backend for GPUs, by TornadoVM. Open, as TornadoVM looks at the methods that it compiles. */
module dev.unmask.tornado {
    requires dev.unmask.tensor;
    requires tornado.api;

    opens dev.unmask.tornado;

    provides dev.unmask.tensor.BackendProvider with
            dev.unmask.tornado.TornadoBackendProvider;
}
