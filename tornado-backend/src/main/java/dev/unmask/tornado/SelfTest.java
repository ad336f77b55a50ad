package dev.unmask.tornado;

import dev.unmask.tensor.BFloat16;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.reference.HostTensor;
import dev.unmask.tensor.reference.ReferenceKernels;
import dev.unmask.tensor.reference.SmallCases;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Runs every kernel on a small case and compares with {@link ReferenceKernels}: TornadoVM is known to compile some
 * things into something else without a word, and which ones differs between drivers.
 */
final class SelfTest {
    private static final double TOLERANCE = 2e-4;

    /** Of products whose factors may be rounded to 10 bits: sums of some hundred terms below one. */
    private static final double ROUNDED = 2e-2;

    private SelfTest() {}

    /** Tensors of a backend, with the elements that they shall have. */
    private record Allocated(Backend backend) implements SmallCases.Operands {
        @Override
        public Tensor floats(float[] values, Shape shape) {
            Tensor tensor = backend.allocate("self-test", DType.F32, shape);
            tensor.set(values);
            return tensor;
        }

        @Override
        public Tensor bfloats(float[] values, Shape shape) {
            Tensor tensor = backend.allocate("self-test", DType.BF16, shape);
            setHalves(tensor, values);
            return tensor;
        }

        @Override
        public Tensor integers(int[] values, Shape shape) {
            Tensor tensor = backend.allocate("self-test", DType.I32, shape);
            tensor.set(values);
            return tensor;
        }
    }

    private static void setHalves(Tensor tensor, float[] values) {
        short[] halves = new short[values.length];
        for (int i = 0; i < values.length; i++) {
            halves[i] = BFloat16.bits(values[i]);
        }
        tensor.upload(MemorySegment.ofArray(halves));
    }

    /** The kernels whose results are wrong on a device; none if all is well. */
    static List<String> wrongKernels(Backend backend) {
        List<String> wrong = new ArrayList<>();
        for (Supplier<Kernel> small : SmallCases.on(new Allocated(backend))) {
            difference(backend, small.get()).ifPresent(wrong::add);
        }
        return List.copyOf(wrong);
    }

    /** Tests what makes a device fast, of which it then does without what is wrong. */
    static void test(Acceleration acceleration, Backend backend) {
        if (acceleration.products().isPresent()) {
            for (Precision precision : Precision.values()) {
                wrongProduct(backend, precision).ifPresent(wrong -> acceleration.withoutProducts(precision, wrong));
            }
        }
        if (acceleration.captures()) {
            wrongGraph(backend).ifPresent(acceleration::withoutCaptures);
        }
    }

    private static Optional<String> wrongProduct(Backend backend, Precision precision) {
        try {
            for (Supplier<Kernel> small : SmallCases.on(new Allocated(backend))) {
                Kernel kernel = small.get();
                if (isProduct(kernel, precision)) {
                    Optional<String> wrong = difference(backend, kernel);
                    if (wrong.isPresent()) {
                        return wrong;
                    }
                }
            }
            return Optional.empty();
        } catch (RuntimeException | LinkageError e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** What is wrong with attention that brings no scores to memory, in heads of a size and a precision. */
    static Optional<String> wrongAttention(Backend backend, AttentionTuning tuning) {
        try {
            for (Supplier<Kernel> each : new FusedCases(new Allocated(backend), tuning).all()) {
                Optional<String> wrong = difference(backend, each.get(), true);
                if (wrong.isPresent()) {
                    return wrong;
                }
            }
            return Optional.empty();
        } catch (RuntimeException | LinkageError e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static boolean isProduct(Kernel kernel, Precision precision) {
        return switch (kernel) {
            case Gemm k -> k.precision() == precision;
            case Attention k -> k.precision() == precision && AttentionProducts.fits(k);
            case AttentionBackward k -> k.precision() == precision && AttentionProducts.fits(k);
            default -> false;
        };
    }

    private static double tolerance(Kernel kernel) {
        boolean rounded =
                switch (kernel) {
                    case Gemm k -> k.precision() == Precision.TF32;
                    case Attention k ->
                            k.precision() != Precision.F32 && (AttentionProducts.fits(k) || FusedAttention.fits(k));
                    case AttentionBackward k ->
                            k.precision() != Precision.F32 && (AttentionProducts.fits(k) || FusedAttention.fits(k));
                    default -> false;
                };
        return rounded ? ROUNDED : TOLERANCE;
    }

    /** Whether kernels and products leave other bits as a CUDA graph than one by one. */
    private static Optional<String> wrongGraph(Backend backend) {
        Remembered operands = new Remembered(new Allocated(backend));
        List<Kernel> kernels = SmallCases.on(operands).stream().map(Supplier::get).filter(SelfTest::isInGraph).toList();
        try {
            Program program = backend.record(recorder -> kernels.forEach(recorder::add));
            program.run();
            List<double[]> expected = operands.downloaded();
            operands.restore();
            program.run();
            List<double[]> found = operands.downloaded();
            for (int i = 0; i < expected.size(); i++) {
                if (!Arrays.equals(expected.get(i), found.get(i))) {
                    return Optional.of("they do not compute what the kernels do one by one");
                }
            }
            return Optional.empty();
        } catch (RuntimeException | LinkageError e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /**
     * A few kernels, of different grids: what may go wrong is the capture, not what was compiled. All would have to be
     * compiled for both turns, of which a program may need one or none.
     */
    private static boolean isInGraph(Kernel kernel) {
        return switch (kernel) {
            case Fill _, Add _, Copy _, Gemm _, RmsNorm _ -> true;
            default -> false;
        };
    }

    /** Operands that can be what they were at first once more. */
    private record Remembered(SmallCases.Operands operands, List<Tensor> tensors, List<Runnable> restored)
            implements SmallCases.Operands {
        Remembered(SmallCases.Operands operands) {
            this(operands, new ArrayList<>(), new ArrayList<>());
        }

        @Override
        public Tensor floats(float[] values, Shape shape) {
            Tensor tensor = operands.floats(values, shape);
            tensors.add(tensor);
            restored.add(() -> tensor.set(values));
            return tensor;
        }

        @Override
        public Tensor bfloats(float[] values, Shape shape) {
            Tensor tensor = operands.bfloats(values, shape);
            tensors.add(tensor);
            restored.add(() -> setHalves(tensor, values));
            return tensor;
        }

        @Override
        public Tensor integers(int[] values, Shape shape) {
            Tensor tensor = operands.integers(values, shape);
            tensors.add(tensor);
            restored.add(() -> tensor.set(values));
            return tensor;
        }

        List<double[]> downloaded() {
            return tensors.stream().map(HostTensor::of).map(SelfTest::elements).toList();
        }

        void restore() {
            restored.forEach(Runnable::run);
        }
    }

    private static double[] elements(HostTensor tensor) {
        return tensor.ints().length > 0 ? Arrays.stream(tensor.ints()).asDoubleStream().toArray() : tensor.values();
    }

    private static Optional<String> difference(Backend backend, Kernel kernel) {
        return difference(backend, kernel, false);
    }

    /** Compares each element by its own size, or by that of the largest, where sums of large terms may be small. */
    private static Optional<String> difference(Backend backend, Kernel kernel, boolean byLargest) {
        Map<Tensor, HostTensor> reference = new IdentityHashMap<>();
        kernel.inputs().forEach(input -> reference.put(input, HostTensor.of(input)));
        kernel.outputs().forEach(output -> reference.put(output, HostTensor.of(output)));
        backend.run(kernel);
        new ReferenceKernels(reference::get).run(kernel);
        double tolerance = tolerance(kernel);
        for (Tensor output : kernel.outputs()) {
            double[] expected = elements(reference.get(output));
            double[] found = elements(HostTensor.of(output));
            double largest = Arrays.stream(expected).map(Math::abs).filter(Double::isFinite).max().orElse(0);
            for (int i = 0; i < expected.length; i++) {
                // What is infinite is equal or wrong.
                if (found[i] != expected[i]
                        && !(Math.abs(found[i] - expected[i])
                                <= tolerance * (byLargest ? largest : Math.max(1, Math.abs(expected[i]))))) {
                    return Optional.of(
                            String.format(
                                    Locale.ROOT,
                                    "%s gives %s instead of %s",
                                    kernel.getClass().getSimpleName(),
                                    found[i],
                                    expected[i]));
                }
            }
        }
        return Optional.empty();
    }
}
