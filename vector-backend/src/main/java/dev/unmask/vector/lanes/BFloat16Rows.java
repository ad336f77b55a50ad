package dev.unmask.vector.lanes;

import dev.unmask.tensor.BFloat16;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Rounds rows of float32 as {@link BFloat16} does. */
public final class BFloat16Rows {
    private BFloat16Rows() {}

    /** Rounds float32 values to those that bfloat16 has, {@code n} of them, a multiple of {@code LANES}. */
    public static void roundInPlace(long address, int n) {
        for (int i = 0; i < n; i += Species.LANES) {
            long at = address + (long) i * Float.BYTES;
            FloatVector x = FloatVector.fromMemorySegment(Species.FLOATS, Memory.ALL, at, Species.ORDER);
            BFloat16Vectors.rounded(x).intoMemorySegment(Memory.ALL, at, Species.ORDER);
        }
    }

    /** Rounds; the target may start where the source does. */
    public static void round(long source, long target, int n) {
        int whole = Tail.whole(n);
        for (int i = 0; i < whole; i += Species.LANES) {
            long at = source + (long) i * Float.BYTES;
            FloatVector x = FloatVector.fromMemorySegment(Species.FLOATS, Memory.ALL, at, Species.ORDER);
            rounded(x).intoMemorySegment(Memory.ALL, target + (long) i * Short.BYTES, Species.ORDER);
        }
        if (whole < n) {
            roundSome(source + (long) whole * Float.BYTES, target + (long) whole * Short.BYTES, n - whole);
        }
    }

    private static void roundSome(long source, long target, int n) {
        VectorMask<Float> there = Species.FLOATS.indexInRange(0, n);
        FloatVector x = FloatVector.fromMemorySegment(Species.FLOATS, Memory.ALL, source, Species.ORDER, there);
        rounded(x).intoMemorySegment(Memory.ALL, target, Species.ORDER, there.cast(Species.HALVES));
    }

    private static ShortVector rounded(FloatVector x) {
        return (ShortVector) BFloat16Vectors.halves(x).convertShape(VectorOperators.I2S, Species.HALVES, 0);
    }
}
