package dev.unmask.vector.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.unmask.vector.gemm.Int8Lanes;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What multiplies int8 gives the bits that plain Java does; machine code that errs in one shape steps aside. */
class Int8ProofTest {
    private static VnniProduct machineCode() {
        assumeTrue(Cpu.detect(refusal -> {}).avx512Vnni(), "AVX512-VNNI is not in this machine");
        return (VnniProduct) Int8Code.load(BFloat16Code.AUTO).orElseThrow();
    }

    @ParameterizedTest
    @EnumSource(
            value = BFloat16Code.class,
            names = {"AUTO", "OFF"})
    void productsOfFloatsGiveTheBitsOfPlainJava(BFloat16Code choice) {
        assertEquals(Optional.empty(), Int8Proof.fault(new Int8Lanes(Float32Code.load(choice))));
    }

    @Test
    void whatTheMachineHasIsProvenAndUsed() {
        assertEquals(Optional.empty(), Int8Proof.fault(machineCode()));
        assertEquals(List.of(), Int8Code.refusals());
    }

    @Test
    void machineCodeIsTurnedOffAsThatForBfloat16() {
        assertEquals(Optional.empty(), Int8Code.load(BFloat16Code.OFF));
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 8, 13, 23})
    void oneFunctionOfManyThatErrsIsFound(int wrong) {
        List<MemorySegment> functions = new ArrayList<>(machineCode().functions());
        // One that computes a row less.
        functions.set(wrong, functions.get(wrong - Int8Product.VECTORS));
        String fault = Int8Proof.fault(new VnniProduct(functions)).orElseThrow();
        assertTrue(fault.startsWith("AVX512-VNNI: "), fault);
    }
}
