package dev.unmask.vector.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.machine.BFloat16Code;
import dev.unmask.vector.machine.Float32Code;

import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.Arena;
import java.util.Random;

/** Whichever inner kernels a shape takes, an element is one chain of fused multiply-adds that begins with C. */
@ParameterizedClass(name = "machine code: {0}")
@EnumSource(
        value = BFloat16Code.class,
        names = {"AUTO", "OFF"})
class TileProductTest {
    @Parameter private BFloat16Code choice;

    private static final float SENTINEL = 7.5f;

    private final Arena arena = Arena.ofAuto();

    private long random(int n, long seed) {
        long address = arena.allocate(n * 4L, Memory.ALIGNMENT).address();
        Random random = new Random(seed);
        for (int i = 0; i < n; i++) {
            Memory.f32(address + i * 4L, random.nextFloat(-1, 1));
        }
        return address;
    }

    @ParameterizedTest(name = "{0} × {1} × {2}, added: {3}")
    @CsvSource({
        "64, 64, 32, false",
        "64, 16, 64, true",
        "13, 16, 5, true",
        "9, 48, 7, false",
        "64, 80, 64, true",
        "11, 8, 20, true",
        "20, 24, 3, false",
        "1, 1, 1, true",
        "5, 33, 64, false",
        "8, 15, 0, false",
        "25, 33, 0, true",
        "64, 64, 64, true",
        "61, 17, 64, false",
    })
    void everyElementIsItsChain(int m, int n, int k, boolean accumulate) {
        int wide = n + 3;
        long a = random(m * Math.max(1, k), 1);
        long b = random(Math.max(1, k) * n + 15, 2);
        long c = arena.allocate((long) m * wide * 4, Memory.ALIGNMENT).address();
        Floats.fill(c, m * wide, SENTINEL);
        // A lies transposed: an element's neighbour on the right is a row away.
        new TileProduct(Float32Code.load(choice)).run(m, n, k, a, 4, m * 4L, b, n * 4L, c, wide * 4L, accumulate);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < wide; j++) {
                float chain = accumulate || j >= n ? SENTINEL : 0;
                for (int p = 0; p < k && j < n; p++) {
                    chain = Math.fma(Memory.f32(a + (p * m + i) * 4L), Memory.f32(b + (p * n + j) * 4L), chain);
                }
                assertEquals(chain, Memory.f32(c + (i * wide + j) * 4L), "row " + i + ", column " + j);
            }
        }
    }
}
