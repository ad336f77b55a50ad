package dev.unmask.vector.rows;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.vector.lanes.Lanes;
import dev.unmask.vector.lanes.Species;
import dev.unmask.vector.lanes.Tail;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * What norms and their gradients do with a row, sums in float64. Layer norms take the mean away first; root mean square
 * norms take zero for it, which changes no bit. (But their sum of squares is a loop of its own: to take zero away in
 * float64 cost a quarter of the time of the whole norm.)
 *
 * <p>Addresses are passed one by one, many as they are: a record of them would be an object for every row.
 */
final class NormRow {
    /** Bytes of a worker that sums of lanes and a tail take. */
    static final long ROOM = Lanes.ROOM + Tail.room(5);

    private NormRow() {}

    /** {@code Σ x}. */
    static double sum(long x, int n, long room) {
        int whole = Tail.whole(n);
        double sum = sumOfVectors(x, whole, room);
        if (whole < n) {
            long tail = room + Lanes.ROOM;
            Tail.fetch(x + (long) whole * Float.BYTES, n - whole, tail);
            sum += sumOfVectors(tail, LANES, room);
        }
        return sum;
    }

    private static double sumOfVectors(long x, int n, long room) {
        DoubleVector low = DoubleVector.zero(Species.DOUBLES);
        DoubleVector high = DoubleVector.zero(Species.DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + (long) i * Float.BYTES, ORDER);
            low = low.add((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 0));
            high = high.add((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 1));
        }
        low.add(high).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    /** {@code Σ x²}. */
    static double squares(long x, int n, long room) {
        int whole = Tail.whole(n);
        double sum = squaresOfVectors(x, whole, room);
        if (whole < n) {
            long tail = room + Lanes.ROOM;
            Tail.fetch(x + (long) whole * Float.BYTES, n - whole, tail);
            sum += squaresOfVectors(tail, LANES, room);
        }
        return sum;
    }

    private static double squaresOfVectors(long x, int n, long room) {
        DoubleVector low = DoubleVector.zero(Species.DOUBLES);
        DoubleVector high = DoubleVector.zero(Species.DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + (long) i * Float.BYTES, ORDER);
            DoubleVector v0 = (DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 0);
            DoubleVector v1 = (DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 1);
            low = v0.fma(v0, low);
            high = v1.fma(v1, high);
        }
        low.add(high).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    /** {@code Σ (x - mean)²}. */
    static double deviations(long x, float mean, int n, long room) {
        int whole = Tail.whole(n);
        double sum = deviationsOfVectors(x, mean, whole, room);
        if (whole < n) {
            long tail = room + Lanes.ROOM;
            Tail.fetch(x + (long) whole * Float.BYTES, n - whole, tail, mean);
            sum += deviationsOfVectors(tail, mean, LANES, room);
        }
        return sum;
    }

    private static double deviationsOfVectors(long x, double mean, int n, long room) {
        DoubleVector low = DoubleVector.zero(Species.DOUBLES);
        DoubleVector high = DoubleVector.zero(Species.DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + (long) i * Float.BYTES, ORDER);
            DoubleVector v0 = ((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 0)).sub(mean);
            DoubleVector v1 = ((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 1)).sub(mean);
            low = v0.fma(v0, low);
            high = v1.fma(v1, high);
        }
        low.add(high).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    /** {@code out = (x - mean)·inverse·weight}. */
    static void normalise(long x, long weight, float mean, float inverse, long out, int n, long room) {
        int whole = Tail.whole(n);
        normalise(x, weight, mean, inverse, out, whole);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            long tail = room + Lanes.ROOM;
            Tail.fetch(x + at, n - whole, tail);
            Tail.fetch(weight + at, n - whole, Tail.at(tail, 1));
            normalise(tail, Tail.at(tail, 1), mean, inverse, tail, LANES);
            Tail.put(tail, n - whole, out + at);
        }
    }

    private static void normalise(long x, long weight, float mean, float inverse, long out, int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER);
            FloatVector w = FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER);
            v.sub(mean).mul(inverse).mul(w).intoMemorySegment(ALL, out + at, ORDER);
        }
    }

    /** {@code Σ weight·dy}. */
    static double weightedSum(long weight, long dy, int n, long room) {
        int whole = Tail.whole(n);
        double sum = weightedSumOfVectors(weight, dy, whole, room);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            long tail = room + Lanes.ROOM;
            Tail.fetch(weight + at, n - whole, tail);
            Tail.fetch(dy + at, n - whole, Tail.at(tail, 1));
            sum += weightedSumOfVectors(tail, Tail.at(tail, 1), LANES, room);
        }
        return sum;
    }

    private static double weightedSumOfVectors(long weight, long dy, int n, long room) {
        DoubleVector low = DoubleVector.zero(Species.DOUBLES);
        DoubleVector high = DoubleVector.zero(Species.DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector g =
                    FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER)
                            .mul(FloatVector.fromMemorySegment(FLOATS, ALL, dy + at, ORDER));
            low = low.add((DoubleVector) g.convertShape(VectorOperators.F2D, Species.DOUBLES, 0));
            high = high.add((DoubleVector) g.convertShape(VectorOperators.F2D, Species.DOUBLES, 1));
        }
        low.add(high).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    /** {@code Σ weight·dy·(x - mean)}. */
    static double weightedDot(long weight, long dy, long x, float mean, int n, long room) {
        int whole = Tail.whole(n);
        double sum = weightedDotOfVectors(weight, dy, x, mean, whole, room);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            long tail = room + Lanes.ROOM;
            Tail.fetch(weight + at, n - whole, tail);
            Tail.fetch(dy + at, n - whole, Tail.at(tail, 1));
            Tail.fetch(x + at, n - whole, Tail.at(tail, 2));
            sum += weightedDotOfVectors(tail, Tail.at(tail, 1), Tail.at(tail, 2), mean, LANES, room);
        }
        return sum;
    }

    private static double weightedDotOfVectors(long weight, long dy, long x, float mean, int n, long room) {
        DoubleVector low = DoubleVector.zero(Species.DOUBLES);
        DoubleVector high = DoubleVector.zero(Species.DOUBLES);
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector g =
                    FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER)
                            .mul(FloatVector.fromMemorySegment(FLOATS, ALL, dy + at, ORDER));
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER).sub(mean);
            DoubleVector g0 = (DoubleVector) g.convertShape(VectorOperators.F2D, Species.DOUBLES, 0);
            DoubleVector g1 = (DoubleVector) g.convertShape(VectorOperators.F2D, Species.DOUBLES, 1);
            low = g0.fma((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 0), low);
            high = g1.fma((DoubleVector) v.convertShape(VectorOperators.F2D, Species.DOUBLES, 1), high);
        }
        low.add(high).intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    /**
     * {@code dx = (weight·dy - meanGradient - (x - mean)·pull)·inverse + residual}, and {@code share += (x -
     * mean)·inverse·dy}.
     *
     * @param residual 0 for none
     */
    static void gradient(
            long x,
            long weight,
            long dy,
            long residual,
            float mean,
            float inverse,
            float meanGradient,
            float pull,
            long dx,
            long share,
            int n,
            long room) {
        int whole = Tail.whole(n);
        gradient(x, weight, dy, residual, mean, inverse, meanGradient, pull, dx, share, whole);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            int rest = n - whole;
            long tail = room + Lanes.ROOM;
            long shares = Tail.at(tail, 4);
            Tail.fetch(x + at, rest, tail);
            Tail.fetch(weight + at, rest, Tail.at(tail, 1));
            Tail.fetch(dy + at, rest, Tail.at(tail, 2));
            if (residual != 0) {
                Tail.fetch(residual + at, rest, Tail.at(tail, 3));
            }
            Tail.fetch(share + at, rest, shares);
            long extra = residual == 0 ? 0 : Tail.at(tail, 3);
            long d = Tail.at(tail, 2);
            gradient(tail, Tail.at(tail, 1), d, extra, mean, inverse, meanGradient, pull, tail, shares, LANES);
            Tail.put(tail, rest, dx + at);
            Tail.put(shares, rest, share + at);
        }
    }

    private static void gradient(
            long x,
            long weight,
            long dy,
            long residual,
            float mean,
            float inverse,
            float meanGradient,
            float pull,
            long dx,
            long share,
            int n) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, x + at, ORDER).sub(mean);
            FloatVector w = FloatVector.fromMemorySegment(FLOATS, ALL, weight + at, ORDER);
            FloatVector g = FloatVector.fromMemorySegment(FLOATS, ALL, dy + at, ORDER);
            FloatVector d = w.mul(g).sub(meanGradient).sub(v.mul(pull)).mul(inverse);
            if (residual != 0) {
                d = d.add(FloatVector.fromMemorySegment(FLOATS, ALL, residual + at, ORDER));
            }
            FloatVector sum = FloatVector.fromMemorySegment(FLOATS, ALL, share + at, ORDER);
            v.mul(inverse).fma(g, sum).intoMemorySegment(ALL, share + at, ORDER);
            d.intoMemorySegment(ALL, dx + at, ORDER);
        }
    }
}
