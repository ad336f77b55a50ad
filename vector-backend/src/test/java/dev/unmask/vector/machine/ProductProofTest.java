package dev.unmask.vector.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Machine code that is right is used, and code that errs in one shape or one kind of number steps aside. */
class ProductProofTest {
    private static final ProductProof.Function TILES =
            (rows, columns, blocks, a, b, base, c, stride, scratch) ->
                    TileMachine.call(
                            AmxProduct.function(AmxProduct.configuration()),
                            a,
                            b,
                            c,
                            base,
                            stride,
                            blocks,
                            rows,
                            TileFunction.mask(columns),
                            TileFunction.mask(columns - 16),
                            scratch);

    private static Optional<String> fault(ProductProof.Function function) {
        return new ProductProof(function, AmxProduct.ROWS, AmxProduct.ROWS, AmxProduct.SCRATCH_BYTES).fault();
    }

    @ParameterizedTest
    @CsvSource({"AVX512", "AMX"})
    void whatTheMachineHasIsProvenAndUsed(BFloat16Code code) {
        Cpu cpu = Cpu.detect(refusal -> {});
        assumeTrue(code == BFloat16Code.AMX ? cpu.amxBf16() : cpu.avx512Bf16(), code + " is not in this machine");
        assertEquals(List.of(), code.refusals());
        assertTrue(code.load().isPresent());
    }

    @Test
    void tileCodeOnTheMachineInJavaIsProven() {
        assertEquals(Optional.empty(), fault(TILES));
    }

    @Test
    void aWrongNumberIsNamed() {
        ProductProof.Function withoutTheLastRow =
                (rows, columns, blocks, a, b, base, c, stride, scratch) -> {
                    if (rows > 1) {
                        TILES.multiply(rows - 1, columns, blocks, a, b, base, c, stride, scratch);
                    }
                };
        assertTrue(
                fault(withoutTheLastRow)
                        .orElseThrow()
                        .startsWith("1 x 15 sums of usual numbers: found 12345.0 at 0, 0"));
    }

    @Test
    void aColumnTooManyIsFound() {
        ProductProof.Function tooWide =
                (rows, columns, blocks, a, b, base, c, stride, scratch) ->
                        TILES.multiply(rows, columns + 1, blocks, a, b, base, c, stride, scratch);
        assertTrue(fault(tooWide).orElseThrow().endsWith(", outside of them"));
    }

    @Test
    void aForgottenBlockIsFound() {
        ProductProof.Function oneBlock =
                (rows, columns, blocks, a, b, base, c, stride, scratch) ->
                        TILES.multiply(rows, columns, blocks - 1, a, b, base, c, stride, scratch);
        assertTrue(fault(oneBlock).isPresent());
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 8, 13, 23})
    void oneFunctionOfManyThatErrsIsFound(int wrong) {
        Optional<BFloat16Product> right = BFloat16Code.AVX512.load();
        assumeTrue(right.isPresent(), "AVX512-BF16 is not in this machine");
        List<MemorySegment> functions = new ArrayList<>(((Avx512Product) right.get()).functions());
        // One that computes a row less.
        functions.set(wrong, functions.get(wrong - Avx512Product.VECTORS));
        assertTrue(ProductProof.fault(new Avx512Product(functions)).isPresent());
    }
}
