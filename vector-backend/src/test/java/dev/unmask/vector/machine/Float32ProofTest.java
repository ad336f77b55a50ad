package dev.unmask.vector.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Machine code for float32 gives the bits of a chain of fused multiply-adds; where it errs it steps aside. */
class Float32ProofTest {
    private static Float32Product machineCode(VectorSize size) {
        Optional<VectorSize> most = Cpu.detect(_ -> {}).vectors();
        assumeTrue(most.filter(there -> there.compareTo(size) >= 0).isPresent(), size + " is not in this machine");
        return Float32Product.load(size, _ -> {}).orElseThrow();
    }

    @ParameterizedTest
    @EnumSource(VectorSize.class)
    void whatTheMachineHasIsProven(VectorSize size) {
        assertEquals(Optional.empty(), Float32Proof.fault(machineCode(size)));
    }

    @Test
    void theLargestVectorsAreUsed() {
        Optional<VectorSize> most = Cpu.detect(_ -> {}).vectors();
        assertEquals(most, Float32Code.load(BFloat16Code.AUTO).map(Float32Product::size));
        assertEquals(List.of(), Float32Code.refusals());
    }

    @Test
    void machineCodeIsTurnedOffAsThatForBfloat16() {
        assertEquals(Optional.empty(), Float32Code.load(BFloat16Code.OFF));
    }

    @ParameterizedTest
    @CsvSource({
        "ZMM, 2", "ZMM, 3", "ZMM, 9", "ZMM, 14", "ZMM, 22", "ZMM, 23", "ZMM, 26", "ZMM, 35", "ZMM, 47", "YMM, 2",
        "YMM, 3", "YMM, 9", "YMM, 11", "YMM, 14", "YMM, 19", "YMM, 22", "YMM, 23"
    })
    void oneFunctionOfManyThatErrsIsFound(VectorSize size, int wrong) {
        List<MemorySegment> functions = new ArrayList<>(machineCode(size).functions());
        // One that computes a row less.
        functions.set(wrong, functions.get(wrong - 2));
        String fault = Float32Proof.fault(new Float32Product(size, functions)).orElseThrow();
        assertTrue(fault.startsWith(size.instructions() + ": "), fault);
    }
}
