package dev.unmask.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** Rounds rows of float32 to bfloat16, to nearest, ties to even. */
final class BFloat16Rows {
    private static final int HALF_BITS = 16;
    private static final int JUST_BELOW_HALF = 0x7FFF;
    private static final int QUIET = 0x0040;

    private BFloat16Rows() {}

    /** Rounds float32 values to those that bfloat16 has, {@code n} of them, a multiple of {@code LANES}. */
    static void roundInPlace(long address, int n) {
        for (int i = 0; i < n; i += Species.LANES) {
            long at = address + (long) i * Float.BYTES;
            FloatVector x = FloatVector.fromMemorySegment(Species.FLOATS, Memory.ALL, at, Species.ORDER);
            upperHalves(x).lanewise(VectorOperators.LSHL, HALF_BITS).intoMemorySegment(Memory.ALL, at, Species.ORDER);
        }
    }

    /** Rounds; the target may start where the source does. */
    static void round(long source, long target, int n) {
        int whole = Tail.whole(n);
        for (int i = 0; i < whole; i += Species.LANES) {
            long at = source + (long) i * Float.BYTES;
            FloatVector x = FloatVector.fromMemorySegment(Species.FLOATS, Memory.ALL, at, Species.ORDER);
            ShortVector halves = (ShortVector) upperHalves(x).convertShape(VectorOperators.I2S, Species.HALVES, 0);
            halves.intoMemorySegment(Memory.ALL, target + (long) i * Short.BYTES, Species.ORDER);
        }
        if (whole < n) {
            roundSome(source + (long) whole * Float.BYTES, target + (long) whole * Short.BYTES, n - whole);
        }
    }

    private static void roundSome(long source, long target, int n) {
        VectorMask<Float> there = Species.FLOATS.indexInRange(0, n);
        FloatVector x = FloatVector.fromMemorySegment(Species.FLOATS, Memory.ALL, source, Species.ORDER, there);
        ShortVector halves = (ShortVector) upperHalves(x).convertShape(VectorOperators.I2S, Species.HALVES, 0);
        halves.intoMemorySegment(Memory.ALL, target, Species.ORDER, there.cast(Species.HALVES));
    }

    private static IntVector upperHalves(FloatVector x) {
        IntVector bits = x.reinterpretAsInts();
        IntVector upper = bits.lanewise(VectorOperators.LSHR, HALF_BITS);
        IntVector odd = upper.and(1);
        IntVector nearest = bits.add(odd).add(JUST_BELOW_HALF).lanewise(VectorOperators.LSHR, HALF_BITS);
        // Rounding could carry a NaN over to infinity or zero.
        return nearest.blend(upper.or(QUIET), x.compare(VectorOperators.NE, x).cast(Species.INTS));
    }
}
