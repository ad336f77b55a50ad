/** The backend for GPUs, by TornadoVM. Open, as TornadoVM looks at the methods that it compiles. */
module dev.unmask.tornado {
    requires dev.unmask.tensor;
    requires tornado.api;
    requires static tornado.runtime;

    opens dev.unmask.tornado;

    provides uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider with
            dev.unmask.tornado.NativeTask;
    provides dev.unmask.tensor.program.BackendProvider with
            dev.unmask.tornado.TornadoBackendProvider;
}
