package dev.unmask.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;

import java.lang.foreign.ValueLayout;

/**
 * Sums and maxima across the lanes of a vector, in the order of lanes. The Vector API leaves the order of its own sums
 * open, and with it their bits.
 */
final class Lanes {
    /** Bytes of memory that each function writes the lanes to. */
    static final int ROOM = 64;

    private Lanes() {}

    static double sum(DoubleVector v, long room) {
        v.intoMemorySegment(Memory.ALL, room, Species.ORDER);
        double sum = 0;
        for (int i = 0; i < Species.DOUBLES.length(); i++) {
            sum += Memory.ALL.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, room + (long) i * Double.BYTES);
        }
        return sum;
    }

    static float sum(FloatVector v, long room) {
        v.intoMemorySegment(Memory.ALL, room, Species.ORDER);
        for (int half = Species.LANES / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                long at = room + (long) i * Float.BYTES;
                Memory.f32(at, Memory.f32(at) + Memory.f32(at + (long) half * Float.BYTES));
            }
        }
        return Memory.f32(room);
    }
}
