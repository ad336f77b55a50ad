package dev.unmask.vector.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;

import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;

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

    @Test
    void theBlocksAreThoseOfOneAtATime() {
        long[] lower = new long[RandomBits.room(COUNT)];
        long[] upper = new long[lower.length];
        int[] words = new int[4];
        long first = (1L << 32) - COUNT / 2;

        RandomBits.blocks(-7, Purpose.DROPOUT, 0xFFFF_FFFF_8000_0001L, first, COUNT, lower, upper);

        for (int i = 0; i < COUNT; i++) {
            Philox.block(-7, Purpose.DROPOUT, 0xFFFF_FFFF_8000_0001L, first + i, words);
            assertEquals((long) words[1] << 32 | words[0] & 0xFFFF_FFFFL, lower[i], "block " + i);
            assertEquals((long) words[3] << 32 | words[2] & 0xFFFF_FFFFL, upper[i], "block " + i);
        }
    }

    @Test
    void vectorsStayOutOfMemory() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long[] lower = new long[RandomBits.room(COUNT)];
        long[] upper = new long[lower.length];
        try (Arena arena = Arena.ofConfined()) {
            long gaps = arena.allocate((long) COUNT * Double.BYTES, Memory.ALIGNMENT).address();
            // Compiled code holds vectors in registers; until it is there, each is an object.
            long least = Long.MAX_VALUE;
            for (int attempt = 0; attempt < 2000 && least > 0; attempt++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 100; i++) {
                    RandomBits.gaps(3, Purpose.GUMBEL, attempt, i, COUNT, gaps);
                    RandomBits.blocks(3, Purpose.DROPOUT, attempt, i, COUNT, lower, upper);
                }
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertTrue(least < 10_000, "200 draws allocate " + least + " bytes");
        }
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
