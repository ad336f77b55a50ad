package dev.unmask.tornado;

import dev.unmask.tensor.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Kernel;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Runs every kernel on a small case and compares with {@link PlainKernels}: TornadoVM is known to compile some things
 * into something else without a word, and which ones differs between drivers.
 */
final class SelfTest {
    private static final double TOLERANCE = 2e-4;

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
        public Tensor integers(int... values) {
            Tensor tensor = backend.allocate("self-test", DType.I32, Shape.of(values.length));
            tensor.set(values);
            return tensor;
        }
    }

    /** The kernels whose results are wrong on a device; none if all is well. */
    static List<String> wrongKernels(Backend backend) {
        List<String> wrong = new ArrayList<>();
        for (Supplier<Kernel> small : SmallCases.on(new Allocated(backend))) {
            Kernel kernel = small.get();
            PlainKernels plain = new PlainKernels(kernel);
            backend.run(kernel);
            plain.run();
            difference(kernel, plain).ifPresent(wrong::add);
        }
        return List.copyOf(wrong);
    }

    private static Optional<String> difference(Kernel kernel, PlainKernels plain) {
        for (Tensor output : kernel.outputs()) {
            double[] expected = plain.values(output);
            double[] found = PlainKernels.download(output);
            for (int i = 0; i < expected.length; i++) {
                if (!(Math.abs(found[i] - expected[i]) <= TOLERANCE * Math.max(1, Math.abs(expected[i])))) {
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
