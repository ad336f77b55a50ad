package dev.unmask.vector.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Machine code for float32 gives the bits of a chain of fused multiply-adds; where it errs it steps aside. */
class Float32ProofTest {
    private static Float32Product machineCode() {
        assumeTrue(Cpu.detect(refusal -> {}).avx512(), "AVX-512 is not in this machine");
        return Float32Code.load(BFloat16Code.AUTO).orElseThrow();
    }

    @Test
    void whatTheMachineHasIsProvenAndUsed() {
        assertEquals(Optional.empty(), Float32Proof.fault(machineCode()));
        assertEquals(List.of(), Float32Code.refusals());
    }

    @Test
    void machineCodeIsTurnedOffAsThatForBfloat16() {
        assertEquals(Optional.empty(), Float32Code.load(BFloat16Code.OFF));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 9, 14, 22, 23})
    void oneFunctionOfManyThatErrsIsFound(int wrong) {
        List<MemorySegment> functions = new ArrayList<>(machineCode().functions());
        // One that computes a row less.
        functions.set(wrong, functions.get(wrong - 2));
        String fault = Float32Proof.fault(new Float32Product(functions)).orElseThrow();
        assertTrue(fault.startsWith("AVX-512: "), fault);
    }
}
