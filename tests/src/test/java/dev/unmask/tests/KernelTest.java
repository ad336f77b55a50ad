package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Backends;
import dev.unmask.tensor.reference.ReferenceKernels;
import dev.unmask.tests.CaseOperands.Placement;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
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
 *       AttentionCases} or {@link LogitCases};
 *   <li>if it is to be differentiated, its operation in {@code Ops} and a line in {@link GradientTest}.
 * </ol>
 */
class KernelTest {
    static Stream<KernelCase> cases() {
        return Stream.of(MatrixCases.all(), RowCases.all(), AttentionCases.all(), LogitCases.all())
                .flatMap(List::stream);
    }

    @TestFactory
    Stream<DynamicNode> everyKernelAgreesWithItsFloat64Statement() {
        return BackendsUnderTest.each(backend ->
                cases().map(kernelCase -> dynamicTest(kernelCase.toString(), () -> judge(kernelCase, backend))));
    }

    private static void judge(KernelCase kernelCase, Backend backend) {
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
    void noTwoCasesAreTheSame() {
        assertEquals(cases().count(), cases().map(Object::toString).distinct().count());
    }

    @Test
    void theCpuBackendIsAmongThoseFound() {
        assertTrue(Backends.providers().stream().anyMatch(provider -> provider.name().equals("vector")));
    }
}
