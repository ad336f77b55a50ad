package dev.unmask.tornado;

import uk.ac.manchester.tornado.runtime.common.TornadoXPUDevice;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryContext;
import uk.ac.manchester.tornado.runtime.library.spi.LibraryInvocation;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoLibraryProvider;
import uk.ac.manchester.tornado.runtime.library.spi.TornadoNativeStreamSupport;

/** How TornadoVM calls {@link NativeCalls}; found through {@link java.util.ServiceLoader}. */
public final class NativeTask implements TornadoLibraryProvider {
    /** For {@link java.util.ServiceLoader}. */
    public NativeTask() {}

    private record Nothing() implements LibraryContext {}

    private record Queue(
            TornadoXPUDevice device, TornadoNativeStreamSupport streams, long plan, LibraryInvocation invocation)
            implements CapturingQueue {
        @Override
        public long floats(int bank) {
            return invocation.getDevicePointer(bank);
        }

        @Override
        public long words() {
            return invocation.getDevicePointer(invocation.getNumArgs() - 1);
        }

        @Override
        public long stream() {
            return streams.getNativeStream(plan);
        }

        @Override
        public long context() {
            return streams.getNativeContext(plan);
        }

        @Override
        public void beginCapture() {
            device.beginExecutionGraphCapture(plan);
        }

        @Override
        public long endCapture() {
            return device.endExecutionGraphCaptureAndInstantiate(plan);
        }
    }

    @Override
    public String libraryName() {
        return NativeCalls.LIBRARY;
    }

    @Override
    public boolean canHandle(TornadoXPUDevice device) {
        return device instanceof TornadoNativeStreamSupport;
    }

    @Override
    public LibraryContext createContext(TornadoXPUDevice device, long plan) {
        return new Nothing();
    }

    @Override
    public void dispatch(String function, LibraryInvocation invocation) {
        TornadoXPUDevice device = invocation.getDevice();
        NativeCalls.run(
                new Queue(device, (TornadoNativeStreamSupport) device, invocation.getExecutionPlanId(), invocation));
    }

    @Override
    public void destroyContext(LibraryContext context) {
        // There is none.
    }
}
