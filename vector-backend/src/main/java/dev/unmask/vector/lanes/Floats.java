package dev.unmask.vector.lanes;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.BYTES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

import java.lang.foreign.MemorySegment;

/** Rows of float32 as a whole. */
public final class Floats {
    private Floats() {}

    /** {@code out = left + right}. */
    public static void add(long left, long right, long out, int n) {
        long at = 0;
        int i = 0;
        for (; i <= n - LANES; i += LANES, at += BYTES) {
            FloatVector l = FloatVector.fromMemorySegment(FLOATS, ALL, left + at, ORDER);
            l.add(FloatVector.fromMemorySegment(FLOATS, ALL, right + at, ORDER))
                    .intoMemorySegment(ALL, out + at, ORDER);
        }
        if (i < n) {
            VectorMask<Float> tail = FLOATS.indexInRange(i, n);
            FloatVector l = FloatVector.fromMemorySegment(FLOATS, ALL, left + at, ORDER, tail);
            l.add(FloatVector.fromMemorySegment(FLOATS, ALL, right + at, ORDER, tail))
                    .intoMemorySegment(ALL, out + at, ORDER, tail);
        }
    }

    /** Copies bytes that do not overlap. */
    public static void copy(long source, long target, long bytes) {
        MemorySegment.copy(ALL, source, ALL, target, bytes);
    }

    /** Sets every element. */
    public static void fill(long target, int n, float value) {
        FloatVector v = FloatVector.broadcast(FLOATS, value);
        long at = 0;
        int i = 0;
        for (; i <= n - LANES; i += LANES, at += BYTES) {
            v.intoMemorySegment(ALL, target + at, ORDER);
        }
        if (i < n) {
            v.intoMemorySegment(ALL, target + at, ORDER, FLOATS.indexInRange(i, n));
        }
    }
}
