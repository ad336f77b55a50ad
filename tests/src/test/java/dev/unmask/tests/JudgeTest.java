package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recording;
import dev.unmask.tests.CaseOperands.Placement;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The judge of {@link KernelTest} finds out a backend that errs. */
class JudgeTest {
    private static final int SMALL = 1500;

    /** The reference, with something done to the operands after each kernel. */
    private record FaultyBackend(ExactBackend reference, Consumer<Kernel> fault) implements Backend {
        @Override
        public String name() {
            return "faulty";
        }

        @Override
        public String description() {
            return "errs";
        }

        @Override
        public Tensor allocate(String name, DType dtype, Shape shape) {
            return reference.allocate(name, dtype, shape);
        }

        @Override
        public Tensor wrap(String name, DType dtype, Shape shape, MemorySegment data) {
            return reference.wrap(name, dtype, shape, data);
        }

        @Override
        public Tensor declare(String name, DType dtype, Shape shape) {
            return reference.declare(name, dtype, shape);
        }

        @Override
        public Program compile(Recording recording) {
            Program program = reference.compile(recording);
            return new Program() {
                @Override
                public void run() {
                    program.run();
                    recording.kernels().forEach(fault);
                }

                @Override
                public long temporaryBytes() {
                    return program.temporaryBytes();
                }
            };
        }

        @Override
        public void close() {
            reference.close();
        }
    }

    /** All deviations from a mean are roundings of it: a result that is off by one per cent may be right. */
    private static boolean isAllCancellation(KernelCase kernelCase) {
        String name = kernelCase.toString();
        return name.startsWith("Layer[") && (name.contains("shift=1000.0") || name.contains("magnitude=0.0"));
    }

    /** The small ones, for a second or two in all. */
    static Stream<KernelCase> cases() {
        return KernelTest.cases()
                .filter(kernelCase -> !isAllCancellation(kernelCase))
                .filter(kernelCase ->
                        Stream.of(CaseOperands.kernelOf(kernelCase))
                                .flatMap(kernel -> Stream.concat(kernel.inputs().stream(), kernel.outputs().stream()))
                                .allMatch(operand -> operand.shape().elements() <= SMALL));
    }

    @Test
    void everyKernelHasASmallCase() {
        assertEquals(
                Set.of(Kernel.class.getPermittedSubclasses()),
                cases().map(CaseOperands::kernelOf).map(Object::getClass).collect(Collectors.toSet()));
    }

    private static List<String> mismatches(KernelCase kernelCase, Consumer<Kernel> fault) {
        FaultyBackend backend = new FaultyBackend(new ExactBackend(), fault);
        return CaseOperands.mismatches(kernelCase, backend, Spread.NONE, Placement.ALLOCATED);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void anyOutputOnePerCentOffIsFound(KernelCase kernelCase) {
        int outputs = CaseOperands.kernelOf(kernelCase).outputs().size();
        for (int output = 0; output < outputs; output++) {
            int wrong = output;
            List<String> found = mismatches(kernelCase, kernel -> disturb(kernel.outputs().get(wrong)));
            assertEquals(1, found.size(), () -> kernelCase + ", output " + wrong + ": " + found);
        }
    }

    /**
     * Changes the largest element by one per cent, or a little if it is tiny; if all are zero or not a number, the
     * first to one.
     */
    private static void disturb(Tensor tensor) {
        if (tensor.dtype() == DType.I32) {
            int[] values = tensor.ints();
            values[values.length - 1]++;
            tensor.set(values);
            return;
        }
        double[] values = ExactBackend.values(tensor);
        if (tensor.dtype() == DType.I8) {
            // The next integer, towards zero, that it may be kept in eight bits.
            values[0] += values[0] > 0 ? -1 : 1;
            return;
        }
        int largest = -1;
        for (int i = 0; i < values.length; i++) {
            if (Double.isFinite(values[i])
                    && values[i] != 0
                    && (largest < 0 || Math.abs(values[i]) > Math.abs(values[largest]))) {
                largest = i;
            }
        }
        if (largest < 0) {
            values[0] = 1;
        } else {
            values[largest] += Math.max(0.01 * Math.abs(values[largest]), 1e-9);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void anyInputThatIsWrittenIsFound(KernelCase kernelCase) {
        Kernel shape = CaseOperands.kernelOf(kernelCase);
        for (int input = 0; input < shape.inputs().size(); input++) {
            if (!shape.outputs().contains(shape.inputs().get(input))) {
                int wrong = input;
                assertFalse(mismatches(kernelCase, kernel -> disturb(kernel.inputs().get(wrong))).isEmpty());
            }
        }
    }

    @Test
    void aRowThatIsNotLiveMustKeepEveryBit() {
        KernelCase limited =
                KernelTest.cases()
                        .filter(c -> c.toString().startsWith("Gather") && c.toString().contains("live=5 from 0"))
                        .findFirst()
                        .orElseThrow();
        List<String> found =
                mismatches(
                        limited,
                        kernel -> {
                            double[] out = ExactBackend.values(kernel.outputs().getFirst());
                            out[out.length - 1] = 0;
                        });
        assertEquals(1, found.size());
    }
}
