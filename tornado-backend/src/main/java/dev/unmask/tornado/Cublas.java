package dev.unmask.tornado;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.unmask.tensor.Precision;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;

/**
 * Products by NVIDIA's cuBLAS, version 12 or 13, where it is installed. cuBLAS stores matrices by columns, so it sees
 * transposes of ours: it is asked for {@code Cᵀ = op(B)ᵀ · op(A)ᵀ}.
 *
 * @see <a href="https://docs.nvidia.com/cuda/cublas/">cuBLAS</a>
 */
final class Cublas implements MatrixLibrary {
    /** The flag that names another library, or {@code none}. */
    static final String FLAG = "unmask.tornado.cublas";

    private static final List<String> NAMES =
            List.of(
                    "libcublas.so.13",
                    "libcublas.so.12",
                    "/usr/local/cuda/lib64/libcublas.so.13",
                    "/usr/local/cuda/lib64/libcublas.so.12",
                    "cublas64_13.dll",
                    "cublas64_12.dll");

    /** Room on the device that NVIDIA recommends for Hopper. */
    private static final long WORKSPACE_BYTES = 32L << 20;

    private static final int TRANSPOSED = 1;
    private static final int PLAIN = 0;
    private static final int FLOAT32 = 0;
    private static final int BFLOAT16 = 14;
    private static final int COMPUTE_FLOAT32 = 68;
    private static final int COMPUTE_TF32 = 77;
    private static final int DEFAULT_ALGORITHM = -1;

    private final MethodHandle setStream;
    private final MethodHandle setWorkspace;
    private final MethodHandle product;
    private final CudaDriver driver;
    private final MemorySegment handle;
    private final MemorySegment one;
    private final MemorySegment zero;
    private final String name;
    private final MethodHandle create;
    private boolean created;
    private long workspace;
    private long stream;

    private Cublas(SharedLibrary blas, CudaDriver driver) {
        this.driver = driver;
        name = blas.name();
        create = blas.function("cublasCreate_v2", ADDRESS);
        setStream = blas.function("cublasSetStream_v2", ADDRESS, JAVA_LONG);
        setWorkspace = blas.function("cublasSetWorkspace_v2", ADDRESS, JAVA_LONG, JAVA_LONG);
        product =
                blas.function(
                        "cublasGemmStridedBatchedEx",
                        ADDRESS,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT,
                        ADDRESS,
                        JAVA_LONG,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_LONG,
                        JAVA_LONG,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_LONG,
                        ADDRESS,
                        JAVA_LONG,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_LONG,
                        JAVA_INT,
                        JAVA_INT,
                        JAVA_INT);
        handle = Arena.global().allocate(ADDRESS);
        one = Arena.global().allocate(ValueLayout.JAVA_FLOAT);
        one.set(ValueLayout.JAVA_FLOAT, 0, 1f);
        zero = Arena.global().allocate(ValueLayout.JAVA_FLOAT);
    }

    /** What the flag names, or cuBLAS where the system's loader finds it. */
    static Found find(CudaDriver driver) {
        String flag = System.getProperty(FLAG, "");
        if (flag.equals("none")) {
            return new Missing("-D" + FLAG + "=none");
        }
        List<String> names = flag.isEmpty() ? NAMES : List.of(flag);
        Optional<SharedLibrary> blas = SharedLibrary.first(names);
        if (blas.isEmpty()) {
            return new Missing(
                    "found none of "
                            + String.join(", ", names)
                            + "; install the CUDA toolkit, or name cuBLAS by -D"
                            + FLAG);
        }
        try {
            return new Present(new Cublas(blas.get(), driver));
        } catch (RuntimeException | LinkageError e) {
            return new Missing(blas.get().name() + " is no cuBLAS 12 or 13: " + e.getMessage());
        }
    }

    @Override
    public String name() {
        return "cuBLAS (" + name + ")";
    }

    private static void require(int status, String function) {
        if (status != 0) {
            throw new IllegalStateException(function + " gave status " + status);
        }
    }

    @Override
    public void prepare(NativeQueue queue) {
        try {
            driver.makeCurrent(queue.context());
            if (!created) {
                require((int) create.invokeExact(handle), "cublasCreate");
                workspace = driver.allocate(WORKSPACE_BYTES);
                created = true;
            }
            if (stream != queue.stream()) {
                stream = queue.stream();
                MemorySegment self = handle.get(ADDRESS, 0);
                require((int) setStream.invokeExact(self, stream), "cublasSetStream");
                // A new stream comes with cuBLAS's own workspace, which it may take at any time.
                require((int) setWorkspace.invokeExact(self, workspace, WORKSPACE_BYTES), "cublasSetWorkspace");
            }
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    @Override
    public void multiply(NativeQueue queue, Product p) {
        Product.Size size = p.size();
        MemorySegment beta = p.accumulate() ? one : zero;
        try {
            if (size.k() == 0 && !p.accumulate()) {
                driver.fill(p.c().pointer(queue), 0, (long) size.m() * size.n(), stream);
            } else if (size.m() > 0 && size.n() > 0 && size.k() > 0) {
                require(
                        (int)
                                product.invokeExact(
                                        handle.get(ADDRESS, 0),
                                        p.b().transposed() ? TRANSPOSED : PLAIN,
                                        p.a().transposed() ? TRANSPOSED : PLAIN,
                                        size.n(),
                                        size.m(),
                                        size.k(),
                                        one,
                                        p.b().pointer(queue),
                                        type(p.b()),
                                        p.b().width(),
                                        (long) p.b().step(),
                                        p.a().pointer(queue),
                                        type(p.a()),
                                        p.a().width(),
                                        (long) p.a().step(),
                                        beta,
                                        p.c().pointer(queue),
                                        FLOAT32,
                                        p.c().width(),
                                        (long) p.c().step(),
                                        size.count(),
                                        compute(p.precision()),
                                        DEFAULT_ALGORITHM),
                        "cublasGemmStridedBatchedEx");
            }
        } catch (Throwable e) {
            throw SharedLibrary.unexpected(e);
        }
    }

    private static int type(Matrix matrix) {
        return matrix.isBfloat16() ? BFLOAT16 : FLOAT32;
    }

    /** Factors of bfloat16 are summed in float32. */
    private static int compute(Precision precision) {
        return precision == Precision.TF32 ? COMPUTE_TF32 : COMPUTE_FLOAT32;
    }
}
