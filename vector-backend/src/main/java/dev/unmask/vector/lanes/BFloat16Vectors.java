package dev.unmask.vector.lanes;

import dev.unmask.tensor.BFloat16;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rounding to bfloat16 of whole vectors, as {@link BFloat16} says what it is: the one place where this backend rounds.
 *
 * <p>Multiplying and subtracting twice (Veltkamp's splitting) would take three operations instead of six, and be wrong
 * for subnormal numbers, for ties and above {@code 2^111}. Constants are vectors, as a scalar operand makes C2 look at
 * several times as many nodes, and it gives up inlining where a method and all that it calls make too many.
 */
public final class BFloat16Vectors {
    private static final int HALF_BITS = 16;
    private static final IntVector ONE = IntVector.broadcast(Species.INTS, 1);
    private static final IntVector JUST_BELOW_HALF = IntVector.broadcast(Species.INTS, 0x7FFF);
    private static final IntVector UPPER = IntVector.broadcast(Species.INTS, 0xFFFF0000);
    private static final FloatVector NOT_A_NUMBER = FloatVector.broadcast(Species.FLOATS, Float.NaN);

    private BFloat16Vectors() {}

    /** The nearest bfloat16 of each lane, in its upper half. What the lower half holds is undefined. */
    private static IntVector nearest(FloatVector x) {
        // The sum below could carry other bits that are not a number over to infinity or to zero.
        IntVector bits = x.blend(NOT_A_NUMBER, x.compare(VectorOperators.NE, x)).reinterpretAsInts();
        IntVector odd = bits.lanewise(VectorOperators.LSHR, HALF_BITS).and(ONE);
        return bits.add(odd.add(JUST_BELOW_HALF));
    }

    /** Each lane rounded, as float32. */
    static FloatVector rounded(FloatVector x) {
        return nearest(x).and(UPPER).reinterpretAsFloats();
    }

    /** Each lane rounded, as bfloat16 in the lower half of a word whose upper half is zero. */
    static IntVector halves(FloatVector x) {
        return nearest(x).lanewise(VectorOperators.LSHR, HALF_BITS);
    }

    /** Words of two bfloat16, an earlier one in the lower half and a later one in the upper. */
    public static IntVector pairs(FloatVector earlier, FloatVector later) {
        return halves(earlier).or(nearest(later).and(UPPER));
    }
}
