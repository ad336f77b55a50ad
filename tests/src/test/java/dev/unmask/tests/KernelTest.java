package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.tensor.reference.ReferenceKernels;
import dev.unmask.tensor.reference.SmallCases;
import dev.unmask.tests.CaseOperands.Placement;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Every kernel on every backend of this machine, judged by {@link ReferenceKernels}.
 *
 * <p>To add a kernel:
 *
 * <ol>
 *   <li>its record, with shapes and checks, in the package {@code dev.unmask.tensor.kernel} and in {@code Kernel};
 *   <li>its plain float64 statement, with the bound of its error, in {@link ReferenceKernels};
 *   <li>its implementation in each backend;
 *   <li>a record of its shapes and options, and a line a case, in {@link MatrixCases}, {@link RowCases}, {@link
 *       NormCases}, {@link AttentionCases} or {@link LogitCases};
 *   <li>a small case in {@link SmallCases}, by which a device tests itself when it is opened;
 *   <li>if it is to be differentiated, its operation in {@code Ops} and a line in {@link GradientTest}.
 * </ol>
 */
class KernelTest {
    static Stream<KernelCase> cases() {
        return Stream.of(MatrixCases.all(), RowCases.all(), NormCases.all(), AttentionCases.all(), LogitCases.all())
                .flatMap(List::stream);
    }

    /** One of those that backends test themselves by. */
    private record Small(int number, String kernel) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return SmallCases.on(operands(o)).get(number).get();
        }

        private static int[] extents(Shape shape) {
            return IntStream.range(0, shape.rank()).map(shape::extent).toArray();
        }

        private static SmallCases.Operands operands(CaseOperands o) {
            return new SmallCases.Operands() {
                @Override
                public Tensor floats(float[] values, Shape shape) {
                    return o.floats("numbers", i -> values[i], extents(shape));
                }

                @Override
                public Tensor bfloats(float[] values, Shape shape) {
                    return o.bfloats("halves", i -> values[i], extents(shape));
                }

                @Override
                public Tensor integers(int[] values, Shape shape) {
                    return o.integers("integers", i -> values[i], extents(shape));
                }
            };
        }
    }

    private static Stream<KernelCase> smallCases() {
        try (ExactBackend backend = new ExactBackend()) {
            CaseOperands operands = CaseOperands.of(backend);
            List<Supplier<Kernel>> small = SmallCases.on(Small.operands(operands));
            return IntStream.range(0, small.size())
                    .<KernelCase>mapToObj(i -> new Small(i, small.get(i).get().getClass().getSimpleName()))
                    .toList()
                    .stream();
        }
    }

    @TestFactory
    Stream<DynamicNode> everyKernelAgreesWithItsFloat64Statement() {
        return BackendsUnderTest.each(backend ->
                Stream.concat(cases(), smallCases())
                        .map(kernelCase -> dynamicTest(kernelCase.toString(), () -> judge(kernelCase, backend))));
    }

    private static void judge(KernelCase kernelCase, Backend backend) {
        CaseOperands.assumeSupported(kernelCase, backend);
        assertEquals(
                List.of(),
                CaseOperands.mismatches(kernelCase, backend, Spread.NONE, Placement.values()),
                kernelCase::toString);
    }

    @Test
    void everyKernelHasACase() {
        Set<Class<?>> covered = cases().map(CaseOperands::kernelOf).map(Object::getClass).collect(Collectors.toSet());
        assertEquals(Set.of(Kernel.class.getPermittedSubclasses()), covered);
    }

    @Test
    void everyKernelIsAmongThoseThatBackendsTestThemselvesBy() {
        Set<Class<?>> covered =
                smallCases().map(CaseOperands::kernelOf).map(Object::getClass).collect(Collectors.toSet());
        Set<Class<?>> all = new HashSet<>(Set.of(Kernel.class.getPermittedSubclasses()));
        // A device need not have it: `unsupported` says so before a model is loaded.
        all.remove(Int8Gemm.class);
        assertEquals(all, covered);
    }

    @Test
    void noTwoCasesAreTheSame() {
        assertEquals(cases().count(), cases().map(Object::toString).distinct().count());
    }

    @Test
    void theCpuTakesEveryKernel() {
        try (Backend cpu = Backends.open("vector", new BackendOptions(1, ""))) {
            cases().map(CaseOperands::kernelOf)
                    .forEach(kernel -> assertEquals(Optional.empty(), cpu.unsupported(kernel), kernel::toString));
        }
    }

    @Test
    void theCpuBackendIsAmongThoseFound() {
        assertTrue(Backends.providers().stream().anyMatch(provider -> provider.name().equals("vector")));
    }
}
