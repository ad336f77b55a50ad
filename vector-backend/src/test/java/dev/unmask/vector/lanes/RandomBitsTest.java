package dev.unmask.vector.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

class RandomBitsTest {
    private static final int COUNT = 48;

    @Test
    void theGapsAreThoseOfTheNumbersOfOneAtATime() {
        gapsAreThoseOf(0, 0, 0);
        gapsAreThoseOf(0x1234_5678_9ABC_DEF0L, 7, 31_999);
        gapsAreThoseOf(-1, 0xFFFF_FFFF_8000_0001L, 5);
    }

    @Test
    void indicesCarryOverIntoTheirUpperWord() {
        gapsAreThoseOf(99, 3, (1L << 32) - COUNT / 2);
        gapsAreThoseOf(99, 3, Philox.INDICES - COUNT);
    }

    private static void gapsAreThoseOf(long seed, long step, long first) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment gaps = arena.allocate((long) COUNT * Double.BYTES, Memory.ALIGNMENT);

            RandomBits.gaps(seed, Purpose.GUMBEL, step, first, COUNT, gaps.address());

            for (int i = 0; i < COUNT; i++) {
                long bits = Philox.bits(seed, Purpose.GUMBEL, step, first + i) & 0xFFFF_FFFFL;
                double gap = gaps.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
                assertEquals(1 - (bits + 1) * 0x1p-32, gap, "number " + i);
            }
        }
    }
}
