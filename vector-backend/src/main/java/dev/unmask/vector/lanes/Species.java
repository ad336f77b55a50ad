package dev.unmask.vector.lanes;

import dev.unmask.tensor.InputException;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

import java.nio.ByteOrder;

/**
 * The vector width of this run, as constants that C2 folds: what the machine prefers, but at most 512 bits, or what the
 * system property {@value #PROPERTY} asks for. A width other than the machine's is for tests: one above it is correct
 * but slow beyond use.
 */
public final class Species {
    /** The system property that forces a width of 128, 256 or 512 bits. */
    public static final String PROPERTY = "unmask.vector.bits";

    /** Bits in a vector. */
    public static final int BITS = bits(Integer.getInteger(PROPERTY, 0), FloatVector.SPECIES_PREFERRED.vectorBitSize());

    /** Vectors of float32. */
    public static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, VectorShape.forBitSize(BITS));

    /** Vectors of 32-bit integers, as many lanes as {@link #FLOATS}. */
    public static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, VectorShape.forBitSize(BITS));

    /** Vectors of bfloat16 bits, as many lanes as {@link #FLOATS}. */
    public static final VectorSpecies<Short> HALVES = VectorSpecies.of(short.class, VectorShape.forBitSize(BITS / 2));

    /** Vectors of float64, half as many lanes as {@link #FLOATS}. */
    public static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, VectorShape.forBitSize(BITS));

    /** Vectors of float32, as many lanes as {@link #DOUBLES}. */
    public static final VectorSpecies<Float> HALF_FLOATS =
            VectorSpecies.of(float.class, VectorShape.forBitSize(BITS / 2));

    /** Vectors of 64-bit integers, as many lanes as {@link #DOUBLES}. */
    static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, VectorShape.forBitSize(BITS));

    /** Lanes of each of the species of 32 bits. */
    public static final int LANES = FLOATS.length();

    /** Bytes of a vector of {@link #FLOATS}. */
    public static final int BYTES = FLOATS.vectorByteSize();

    /** How vectors lie in memory. */
    public static final ByteOrder ORDER = ByteOrder.nativeOrder();

    private Species() {}

    static int bits(int forced, int preferred) {
        return switch (forced) {
            case 0 -> Math.clamp(preferred, 128, 512);
            case 128, 256, 512 -> forced;
            default ->
                    throw new InputException(
                            PROPERTY
                                    + ": found "
                                    + forced
                                    + ", expected 128, 256 or 512 (or unset: the machine's width)");
        };
    }

    /** Widens bfloat16 to float32: as float32 bits, exactly. */
    public static IntVector widen(ShortVector bf16) {
        return ((IntVector) bf16.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0))
                .lanewise(VectorOperators.LSHL, 16);
    }
}
