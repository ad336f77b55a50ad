package dev.unmask.vector.lanes;

import java.lang.foreign.ValueLayout;

/**
 * Sums across the lanes of a vector, in an order of their own: the Vector API leaves that of its sums open, and with it
 * their bits. The vector has been written to memory before, as handing it to a method that C2 does not inline costs an
 * object.
 */
public final class Lanes {
    /** Bytes of the memory that a vector is written to. */
    public static final int ROOM = 64;

    private Lanes() {}

    /** Adds up the float64 vector at {@code room}, in the order of lanes. */
    public static double sumDoubles(long room) {
        double sum = 0;
        for (int i = 0; i < Species.DOUBLES.length(); i++) {
            sum += Memory.ALL.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, room + (long) i * Double.BYTES);
        }
        return sum;
    }

    /** Adds up the float32 vector at {@code room}, which it overwrites, halves with halves. */
    public static float sumFloats(long room) {
        for (int half = Species.LANES / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                long at = room + (long) i * Float.BYTES;
                Memory.f32(at, Memory.f32(at) + Memory.f32(at + (long) half * Float.BYTES));
            }
        }
        return Memory.f32(room);
    }
}
