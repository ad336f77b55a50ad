package dev.unmask.vector.lanes;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;

/**
 * {@code e^x} of whole vectors, by range reduction {@code x = n·ln 2 + r} and a polynomial in {@code r}. The same bits
 * whether compiled or interpreted, which the Vector API's own function does not promise.
 *
 * <p>All give {@code +0} for negative infinity and NaN for NaN. In float32 results fade out through subnormal numbers;
 * in float64 those below the normal numbers become 0, and where the true value overflows they are infinite.
 */
public final class Exp {
    /** Below this argument the float32 result is 0: {@code -150·ln 2}, where half the least subnormal lies. */
    static final float LEAST = -103.97208f;

    /** Below this argument the result of {@link #ofNormal} is 0: {@code -126·ln 2}, rounded up. */
    static final float LEAST_NORMAL = -87.336544f;

    /** The greatest argument of the float32 function: what is taken of softmaxes and gates is not above 0. */
    public static final float GREATEST = 71;

    /** Below this argument the float64 result is 0. */
    static final double LEAST_DOUBLE = -708;

    /** Above this argument the float64 result is infinite. */
    static final double GREATEST_DOUBLE = 709.782712893384;

    private static final float LOG2_E = 1.442695041f;
    private static final float LN2_HIGH = 0x1.62e4p-1f;
    private static final float LN2_LOW = 0x1.7f7d1cp-20f;

    /** Adding this rounds to an integer, which then stands in the low bits: 1.5·2^23. */
    private static final float ROUND = 0x1.8p23f;

    private static final int EXPONENT_SHIFT = 23;
    private static final int EXPONENT_BIAS = 127;
    private static final int HEADROOM = 24;

    private static final double LN2_HIGH_DOUBLE = 0x1.62e42fee00000p-1;
    private static final double LN2_LOW_DOUBLE = 0x1.a39ef35793c76p-33;
    private static final double ROUND_DOUBLE = 0x1.8p52;
    private static final int EXPONENT_SHIFT_DOUBLE = 52;

    private Exp() {}

    /**
     * {@code e^x} for arguments up to {@link #GREATEST}; beyond, any number. At most 2 ulp from the true value, and 1
     * for subnormal results.
     */
    public static FloatVector of(FloatVector x) {
        FloatVector shifted = shifted(x);
        // First 2^24 times the result, as 2^n may lie below the normal numbers: only the last product rounds.
        FloatVector power = power(shifted, EXPONENT_BIAS + HEADROOM);
        return remainder(x, shifted).mul(power).mul(0x1p-24f).blend(0f, x.compare(VectorOperators.LT, LEAST));
    }

    /** The same, but results below the normal numbers become 0; for arguments up to 88. */
    public static FloatVector ofNormal(FloatVector x) {
        FloatVector shifted = shifted(x);
        return remainder(x, shifted)
                .mul(power(shifted, EXPONENT_BIAS))
                .blend(0f, x.compare(VectorOperators.LT, LEAST_NORMAL));
    }

    /** {@code n}, the nearest integer to {@code x / ln 2}, in the low bits of {@code n + ROUND}. */
    private static FloatVector shifted(FloatVector x) {
        return x.fma(FloatVector.broadcast(Species.FLOATS, LOG2_E), FloatVector.broadcast(Species.FLOATS, ROUND));
    }

    /** {@code e^(x - n·ln 2)}. */
    private static FloatVector remainder(FloatVector x, FloatVector shifted) {
        FloatVector n = shifted.sub(ROUND);
        FloatVector r =
                n.fma(
                        FloatVector.broadcast(Species.FLOATS, -LN2_LOW),
                        n.fma(FloatVector.broadcast(Species.FLOATS, -LN2_HIGH), x));
        // In three parts that need not wait for each other.
        FloatVector square = r.mul(r);
        FloatVector high =
                r.fma(
                        FloatVector.broadcast(Species.FLOATS, 1.9875691500e-4f),
                        FloatVector.broadcast(Species.FLOATS, 1.3981999507e-3f));
        FloatVector middle =
                r.fma(
                        FloatVector.broadcast(Species.FLOATS, 8.3334519073e-3f),
                        FloatVector.broadcast(Species.FLOATS, 4.1665795894e-2f));
        FloatVector low =
                r.fma(
                        FloatVector.broadcast(Species.FLOATS, 1.6666665459e-1f),
                        FloatVector.broadcast(Species.FLOATS, 5.0000001201e-1f));
        return high.fma(square, middle).fma(square, low).fma(square, r.add(1f));
    }

    /** {@code 2^(n + bias - 127)}: the shift leaves nothing of {@code ROUND}, whose low bits are zeros. */
    private static FloatVector power(FloatVector shifted, int bias) {
        return shifted.reinterpretAsInts()
                .lanewise(VectorOperators.LSHL, EXPONENT_SHIFT)
                .add(bias << EXPONENT_SHIFT)
                .reinterpretAsFloats();
    }

    /** At most 2 ulp from the true value for results of at least {@code e^-708}. */
    public static DoubleVector of(DoubleVector x) {
        DoubleVector shifted = x.fma(all(1.4426950408889634), all(ROUND_DOUBLE));
        DoubleVector n = shifted.sub(ROUND_DOUBLE);
        DoubleVector r = n.fma(all(-LN2_LOW_DOUBLE), n.fma(all(-LN2_HIGH_DOUBLE), x));
        // Taylor: with |r| <= ln(2)/2 the first term left out is below 2^-57.
        DoubleVector p = all(1.0 / 6227020800L);
        p = p.fma(r, all(1.0 / 479001600));
        p = p.fma(r, all(1.0 / 39916800));
        p = p.fma(r, all(1.0 / 3628800));
        p = p.fma(r, all(1.0 / 362880));
        p = p.fma(r, all(1.0 / 40320));
        p = p.fma(r, all(1.0 / 5040));
        p = p.fma(r, all(1.0 / 720));
        p = p.fma(r, all(1.0 / 120));
        p = p.fma(r, all(1.0 / 24));
        p = p.fma(r, all(1.0 / 6));
        p = p.fma(r, all(0.5));
        p = p.fma(r.mul(r), r).add(1);
        LongVector bits = shifted.reinterpretAsLongs().add(1022 - Double.doubleToRawLongBits(ROUND_DOUBLE));
        DoubleVector power = bits.lanewise(VectorOperators.LSHL, EXPONENT_SHIFT_DOUBLE).reinterpretAsDoubles();
        return p.add(p)
                .mul(power)
                .blend(0, x.compare(VectorOperators.LT, LEAST_DOUBLE))
                .blend(Double.POSITIVE_INFINITY, x.compare(VectorOperators.GT, GREATEST_DOUBLE));
    }

    /** Short, as C2 does not inline a method of more than 325 bytes. */
    private static DoubleVector all(double element) {
        return DoubleVector.broadcast(Species.DOUBLES, element);
    }
}
