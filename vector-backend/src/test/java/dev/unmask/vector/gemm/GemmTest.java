package dev.unmask.vector.gemm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.vector.machine.BFloat16Code;
import dev.unmask.vector.machine.Float32Code;
import dev.unmask.vector.machine.Float32Product;
import dev.unmask.vector.work.Workers;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.Random;

/** Products by machine code and by the Vector API, whose bits are the same. */
@ParameterizedClass(name = "machine code: {0}")
@EnumSource(
        value = BFloat16Code.class,
        names = {"AUTO", "OFF"})
class GemmTest {
    private final Random random = new Random(17);
    private final Optional<Float32Product> code;

    GemmTest(BFloat16Code choice) {
        code = Float32Code.load(choice);
    }

    @Test
    void everyExtentUpToSeventyIsExactToRounding() {
        try (Workers workers = new Workers(2)) {
            for (int extent = 1; extent <= 70; extent++) {
                checkRandomly(workers, extent, some(70), some(70));
                checkRandomly(workers, some(70), extent, some(70));
                checkRandomly(workers, some(70), some(70), extent);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        // Tails in K after one and two blocks; more rows, then more columns, than a round holds; few rows, long K.
        "30, 50, 511",
        "30, 50, 512",
        "30, 50, 513",
        "61, 70, 1100",
        "2100, 37, 9",
        "29, 2100, 9",
        "5, 300, 1301",
        "1, 70, 513",
        "1, 100, 512",
        "4, 97, 512",
        "8, 96, 1024",
        "16, 49, 512",
        "24, 64, 600",
        "25, 64, 600",
        "260, 33, 520"
    })
    void extentsAcrossTheBordersOfBlocksAreExactToRounding(int m, int n, int k) {
        try (Workers workers = new Workers(2)) {
            for (int trial = 0; trial < 8; trial++) {
                checkRandomly(workers, m, n, k);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aProductOverNothingIsTheAddendOrZero(boolean added) {
        try (Workers workers = new Workers(1)) {
            for (int m : new int[] {1, 40}) {
                GemmCase none = product(m, 35, 0, added ? GemmCase.Addend.OTHER : GemmCase.Addend.NONE, 0);
                none.run(workers);
                none.check();
            }
        }
    }

    @Test
    void anEmptyResultIsLeftAlone() {
        try (Workers workers = new Workers(1)) {
            product(0, 5, 5, GemmCase.Addend.NONE, 0).run(workers).check();
            product(5, 0, 5, GemmCase.Addend.NONE, 0).run(workers).check();
        }
    }

    @ParameterizedTest
    @CsvSource({"130, 97, 700", "20, 130, 1030", "7, 130, 1030", "3, 130, 1030", "1, 130, 1024"})
    void theNumberOfWorkersDoesNotChangeABit(int m, int n, int k) {
        for (int variant = 0; variant < GemmCase.VARIANTS; variant++) {
            GemmCase product = product(m, n, k, GemmCase.Addend.OTHER, variant);
            int[] alone = product.bits(1);
            assertArrayEquals(alone, product.bits(2), "two workers");
            assertArrayEquals(alone, product.bits(3), "three workers");
        }
    }

    @Test
    void theNumberOfRowsDoesNotChangeTheBitsOfARow() {
        try (Workers workers = new Workers(2)) {
            for (int variant = 0; variant < GemmCase.VARIANTS; variant++) {
                GemmCase product = product(70, 45, 1100, GemmCase.Addend.OTHER, variant);
                product.run(workers);
                for (int fewer : new int[] {1, 2, 4, 5, 8, 12, 16, 24, 25, 48, 49, 69}) {
                    assertArrayEquals(product.rows(fewer), product.bitsOfFirstRows(workers, fewer), fewer + " rows");
                }
            }
        }
    }

    /** The chain of operations that the bits of an element are defined by, on any machine and at any width. */
    @Test
    void anElementIsAChainOfFusedMultiplyAddsForEachBlockOfK() {
        try (Workers workers = new Workers(1)) {
            for (int variant = 0; variant < GemmCase.VARIANTS; variant++) {
                GemmCase product = product(31, 33, 1100, GemmCase.Addend.OTHER, variant);
                product.run(workers);
                for (int i : new int[] {0, 17, 30}) {
                    for (int j : new int[] {0, 13, 32}) {
                        float sum = product.addend(i, j);
                        for (int from = 0; from < product.k; from += Float32Panels.KC) {
                            float partial = 0;
                            for (int p = from; p < Math.min(from + Float32Panels.KC, product.k); p++) {
                                partial = Math.fma(product.a(i, p), product.b(p, j), partial);
                            }
                            sum += partial;
                        }
                        assertEquals(Float.floatToRawIntBits(sum), Float.floatToRawIntBits(product.c(i, j)));
                    }
                }
            }
        }
    }

    @Test
    void notANumberAndInfinityReachTheirRowAndNoOther() {
        try (Workers workers = new Workers(1)) {
            GemmCase product = product(30, 40, 50, GemmCase.Addend.NONE, 0);
            product.a(3, 7, Float.NaN);
            product.run(workers);
            for (int i = 0; i < 30; i++) {
                for (int j = 0; j < 40; j++) {
                    assertEquals(i == 3, Float.isNaN(product.c(i, j)));
                }
            }
        }
    }

    @Test
    void aPreparedProductRunsWithoutAllocation() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Workers workers = new Workers(1)) {
            GemmCase large = product(64, 64, 64, GemmCase.Addend.ITSELF, 0);
            GemmCase small = product(4, 64, 64, GemmCase.Addend.ITSELF, 0);
            GemmCase turned = product(4, 64, 64, GemmCase.Addend.ITSELF, 2);
            MatrixProduct first = large.prepare(workers);
            MatrixProduct second = small.prepare(workers);
            MatrixProduct third = turned.prepare(workers);
            // Compiled code holds vectors in registers; until it is there, each is an object.
            long least = Long.MAX_VALUE;
            for (int attempt = 0; attempt < 2000 && least > 0; attempt++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 100; i++) {
                    first.run(64, 64, 64);
                    second.run(4, 64, 64);
                    third.run(4, 64, 64);
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertTrue(least < 10_000, "300 products allocate " + least + " bytes");
        }
    }

    private void checkRandomly(Workers workers, int m, int n, int k) {
        GemmCase.Addend addend = GemmCase.Addend.values()[random.nextInt(3)];
        product(m, n, k, addend, random.nextInt(GemmCase.VARIANTS)).run(workers).check();
    }

    private GemmCase product(int m, int n, int k, GemmCase.Addend addend, int variant) {
        return new GemmCase(random, m, n, k, addend, variant).by(code);
    }

    private int some(int most) {
        return 1 + random.nextInt(most);
    }
}
