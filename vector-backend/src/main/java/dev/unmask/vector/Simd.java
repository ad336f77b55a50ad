package dev.unmask.vector;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The vector width of all kernels: the widest of this machine, or what {@code -Dunmask.vector.bits} forces. */
final class Simd {
    private static final String BITS_PROPERTY = "unmask.vector.bits";
    static final int BITS = bits();
    static final VectorSpecies<Float> F32 = FloatVector.SPECIES_PREFERRED.withShape(shape());
    static final VectorSpecies<Integer> I32 = IntVector.SPECIES_PREFERRED.withShape(shape());
    static final VectorSpecies<Double> F64 = DoubleVector.SPECIES_PREFERRED.withShape(shape());
    static final VectorSpecies<Long> I64 = LongVector.SPECIES_PREFERRED.withShape(shape());

    /** Float lanes of a vector. */
    static final int LANES = F32.length();

    private Simd() {}

    private static int bits() {
        int bits = Integer.getInteger(BITS_PROPERTY, FloatVector.SPECIES_PREFERRED.vectorBitSize());
        if (bits != 128 && bits != 256 && bits != 512) {
            throw new IllegalStateException("-D" + BITS_PROPERTY + ": found " + bits + ", expected 128, 256 or 512");
        }
        return bits;
    }

    private static VectorShape shape() {
        return VectorShape.forBitSize(BITS);
    }
}
