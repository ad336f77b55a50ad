package dev.unmask.tornado;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;

/**
 * What is asked of NVIDIA's driver besides TornadoVM, by Java's foreign functions.
 *
 * @see <a href="https://docs.nvidia.com/cuda/cuda-driver-api/">CUDA driver</a>
 */
final class CudaDriver {
    /** What the system's loader knows it by. */
    static final List<String> NAMES = List.of("libcuda.so.1", "nvcuda.dll");

    private static final int MAJOR = 75;
    private static final int MINOR = 76;
    private static final int MOST_DYNAMIC_SHARED = 8;
    private static final int CODE_ALIGNMENT = 16;

    private final MethodHandle makeCurrent;
    private final MethodHandle allocate;
    private final MethodHandle fill;
    private final MethodHandle copyToDevice;
    private final MethodHandle copyToHost;
    private final MethodHandle synchronize;
    private final MethodHandle launch;
    private final MethodHandle destroy;
    private final MethodHandle device;
    private final MethodHandle attribute;
    private final MethodHandle load;
    private final MethodHandle function;
    private final MethodHandle setAttribute;
    private final MethodHandle launchKernel;

    /**
     * Groups of threads of a kernel.
     *
     * @param x groups in the first direction
     * @param y groups in the second
     * @param z groups in the third
     * @param threads of a group
     * @param sharedBytes of memory that the threads of a group share
     */
    record Grid(int x, int y, int z, int threads, int sharedBytes) {}

    private CudaDriver(SharedLibrary driver) {
        makeCurrent = driver.function("cuCtxSetCurrent", JAVA_LONG);
        allocate = driver.function("cuMemAlloc_v2", ADDRESS, JAVA_LONG);
        fill = driver.function("cuMemsetD32Async", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
        copyToDevice = driver.function("cuMemcpyHtoDAsync_v2", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG);
        copyToHost = driver.function("cuMemcpyDtoHAsync_v2", ADDRESS, JAVA_LONG, JAVA_LONG, JAVA_LONG);
        synchronize = driver.function("cuStreamSynchronize", JAVA_LONG);
        launch = driver.function("cuGraphLaunch", JAVA_LONG, JAVA_LONG);
        destroy = driver.function("cuGraphExecDestroy", JAVA_LONG);
        device = driver.function("cuCtxGetDevice", ADDRESS);
        attribute = driver.function("cuDeviceGetAttribute", ADDRESS, JAVA_INT, JAVA_INT);
        load = driver.function("cuModuleLoadData", ADDRESS, ADDRESS);
        function = driver.function("cuModuleGetFunction", ADDRESS, JAVA_LONG, ADDRESS);
        setAttribute = driver.function("cuFuncSetAttribute", JAVA_LONG, JAVA_INT, JAVA_INT);
        launchKernel =
                driver.function(
                        "cuLaunchKernel",
                        JAVA_LONG,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_LONG,
                        ADDRESS,
                        ADDRESS);
    }

    /** The driver, where the system's loader finds it. */
    static Optional<CudaDriver> find() {
        return SharedLibrary.first(NAMES).map(CudaDriver::new);
    }

    /** Makes a {@code CUcontext} that of this thread, as everything else here needs. */
    void makeCurrent(long context) {
        try {
            require((int) makeCurrent.invokeExact(context), "cuCtxSetCurrent");
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    /** Takes memory of the device for good; its pointer. */
    long allocate(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocate(JAVA_LONG);
            require((int) allocate.invokeExact(pointer, bytes), "cuMemAlloc");
            return pointer.get(JAVA_LONG, 0);
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    /** Lets a stream write a word to some places, one after the other. */
    void fill(long pointer, int word, long count, long stream) {
        try {
            require((int) fill.invokeExact(pointer, word, count, stream), "cuMemsetD32Async");
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    /** Lets a stream copy from the host; the source may change as soon as this returns, if it is not pinned. */
    void copyToDevice(long pointer, MemorySegment source, long stream) {
        try {
            require((int) copyToDevice.invokeExact(pointer, source, source.byteSize(), stream), "cuMemcpyHtoDAsync");
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    /** Lets a stream copy to the host, and waits until it has. */
    void copyToHost(MemorySegment target, long pointer, long stream) {
        try {
            require((int) copyToHost.invokeExact(target, pointer, target.byteSize(), stream), "cuMemcpyDtoHAsync");
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
        synchronize(stream);
    }

    /** Waits until a stream has done all it was told. */
    void synchronize(long stream) {
        try {
            require((int) synchronize.invokeExact(stream), "cuStreamSynchronize");
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    /** Lets a stream do what a CUDA graph holds. */
    void launch(long graph, long stream) {
        try {
            require((int) launch.invokeExact(graph, stream), "cuGraphLaunch");
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    /** Gives a CUDA graph back, once it has run. */
    void destroy(long graph) {
        try {
            require((int) destroy.invokeExact(graph), "cuGraphExecDestroy");
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    /** The compute capability of the device of this thread's context, such as 90 for 9.0. */
    int capability() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment number = arena.allocate(JAVA_INT);
            require((int) device.invokeExact(number), "cuCtxGetDevice");
            int ordinal = number.get(JAVA_INT, 0);
            return 10 * attribute(number, MAJOR, ordinal) + attribute(number, MINOR, ordinal);
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    private int attribute(MemorySegment number, int which, int ordinal) throws Throwable {
        require((int) attribute.invokeExact(number, which, ordinal), "cuDeviceGetAttribute");
        return number.get(JAVA_INT, 0);
    }

    /** Loads machine code into this thread's context, for good; its {@code CUmodule}. */
    long load(byte[] image) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocate(image.length, CODE_ALIGNMENT);
            MemorySegment.copy(image, 0, code, JAVA_BYTE, 0, image.length);
            MemorySegment handle = arena.allocate(JAVA_LONG);
            require((int) load.invokeExact(handle, code), "cuModuleLoadData");
            return handle.get(JAVA_LONG, 0);
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    /** A kernel of a module that may take so many bytes of shared memory; its {@code CUfunction}. */
    long kernel(long module, String name, int sharedBytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(JAVA_LONG);
            require((int) function.invokeExact(handle, module, arena.allocateFrom(name)), "cuModuleGetFunction");
            long kernel = handle.get(JAVA_LONG, 0);
            require((int) setAttribute.invokeExact(kernel, MOST_DYNAMIC_SHARED, sharedBytes), "cuFuncSetAttribute");
            return kernel;
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    /** Lets a stream run a kernel of one parameter, which is copied. */
    void launch(long kernel, Grid grid, MemorySegment parameter, long stream) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment parameters = arena.allocate(ADDRESS);
            parameters.set(ADDRESS, 0, parameter);
            require(
                    (int)
                            launchKernel.invokeExact(
                                    kernel,
                                    grid.x,
                                    grid.y,
                                    grid.z,
                                    grid.threads,
                                    1,
                                    1,
                                    grid.sharedBytes,
                                    stream,
                                    parameters,
                                    MemorySegment.NULL),
                    "cuLaunchKernel");
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    private static void require(int status, String function) {
        if (status != 0) {
            throw new IllegalStateException(function + " gave status " + status);
        }
    }
}
