package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Backends;
import dev.unmask.tests.CaseOperands.Placement;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The cases of {@link KernelTest} with numbers of every size that float32 has, see {@link Spread}: on every backend, by
 * each machine code that the CPU has and by none. The build runs this with narrower vectors, too.
 */
class SpreadTest {
    /** What is left out has tiles, tails and blocks that no smaller case has, and takes a minute. */
    private static final long ELEMENTS = 40_000;

    private static final String MACHINE_CODE = "unmask.machine-code";

    private static Stream<Spread> spreads() {
        return Arrays.stream(Spread.values()).filter(spread -> spread != Spread.NONE);
    }

    private static List<KernelCase> cases() {
        return KernelTest.cases()
                .filter(kernelCase -> {
                    Kernel kernel = CaseOperands.kernelOf(kernelCase);
                    return Stream.concat(kernel.inputs().stream(), kernel.outputs().stream())
                            .allMatch(operand -> operand.shape().elements() <= ELEMENTS);
                })
                .toList();
    }

    private static Stream<DynamicNode> tests(Backend backend) {
        List<KernelCase> cases = cases();
        return spreads()
                .map(spread ->
                        dynamicContainer(
                                spread.toString(),
                                cases.stream()
                                        .map(kernelCase ->
                                                dynamicTest(
                                                        kernelCase.toString(),
                                                        () -> judge(kernelCase, backend, spread)))));
    }

    private static void judge(KernelCase kernelCase, Backend backend, Spread spread) {
        CaseOperands.assumeSupported(kernelCase, backend);
        assertEquals(
                List.of(),
                CaseOperands.mismatches(kernelCase, backend, spread, Placement.ALLOCATED),
                () -> kernelCase + ", spread over " + spread);
    }

    @TestFactory
    Stream<DynamicNode> everyKernelAgreesWithItsFloat64StatementWhateverTheSizes() {
        return BackendsUnderTest.eachProvider(provider -> {
            Backend backend = BackendsUnderTest.open(provider);
            return tests(backend).onClose(backend::close);
        });
    }

    @TestFactory
    @ResourceLock(Resources.SYSTEM_PROPERTIES)
    Stream<DynamicNode> andByEachMachineCode() {
        Set<String> met = new HashSet<>();
        return Stream.of("auto", "avx512", "off")
                .map(SpreadTest::cpu)
                .filter(backend -> met.add(backend.description()) || closed(backend))
                .skip(1)
                .map(backend -> dynamicContainer(backend.description(), tests(backend).onClose(backend::close)));
    }

    private static Backend cpu(String machineCode) {
        String before = System.getProperty(MACHINE_CODE, "auto");
        try {
            System.setProperty(MACHINE_CODE, machineCode);
            return Backends.cpu();
        } finally {
            System.setProperty(MACHINE_CODE, before);
        }
    }

    private static boolean closed(Backend backend) {
        backend.close();
        return false;
    }

    @Test
    void everyKernelIsAmongThem() {
        assertEquals(
                Set.of(Kernel.class.getPermittedSubclasses()),
                cases().stream().map(CaseOperands::kernelOf).map(Object::getClass).collect(Collectors.toSet()));
    }
}
