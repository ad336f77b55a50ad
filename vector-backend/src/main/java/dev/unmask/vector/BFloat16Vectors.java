package dev.unmask.vector;

import dev.unmask.tensor.BFloat16;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rounding to bfloat16 of whole vectors, as {@link BFloat16} says what it is: the one place where this backend rounds.
 *
 * <p>Multiplying and subtracting twice (Veltkamp's splitting) would take three operations instead of seven, and be
 * wrong for subnormal numbers, ties and numbers above {@code 2^111}.
 */
final class BFloat16Vectors {
    /** The bits of a float32 that bfloat16 has. */
    static final int UPPER = 0xFFFF0000;

    private static final int HALF_BITS = 16;
    private static final int JUST_BELOW_HALF = 0x7FFF;
    private static final int QUIET = 0x00400000;

    private BFloat16Vectors() {}

    /** The nearest bfloat16 of each lane, in its upper half. What the lower half holds is undefined. */
    static IntVector rounded(FloatVector x) {
        IntVector bits = x.reinterpretAsInts();
        IntVector odd = bits.lanewise(VectorOperators.LSHR, HALF_BITS).and(1);
        IntVector nearest = bits.add(odd).add(JUST_BELOW_HALF);
        // Adding could carry what is not a number over to infinity or to zero.
        return nearest.blend(bits.or(QUIET), x.test(VectorOperators.IS_NAN).cast(Species.INTS));
    }

    /** Words of two bfloat16, an earlier one below and a later one above, of the upper halves of lanes. */
    static IntVector pairs(IntVector earlier, IntVector later) {
        return earlier.lanewise(VectorOperators.LSHR, HALF_BITS).or(later.and(UPPER));
    }

    /** The upper halves of lanes, as bfloat16. */
    static IntVector upperHalves(IntVector lanes) {
        return lanes.lanewise(VectorOperators.LSHR, HALF_BITS);
    }
}
