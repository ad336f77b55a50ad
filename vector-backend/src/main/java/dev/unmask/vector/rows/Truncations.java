package dev.unmask.vector.rows;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.DOUBLES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.HALF_FLOATS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.kernel.Penalize;
import dev.unmask.tensor.kernel.Truncate;
import dev.unmask.vector.lanes.Exp;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Lanes;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;
import dev.unmask.vector.work.Workspace;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Rules tokens out, or makes them less likely, row by row. What stays is found by halving the interval in which the
 * smallest logit that stays must lie, which takes some dozen passes over the row and no sorting. Halved are the numbers
 * of floats in rising order, so that any two are told apart, however close.
 */
public final class Truncations implements TaskKernel {
    /** Below the largest by so many temperatures there is no probability that float64 could add. */
    private static final float NEGLIGIBLE = 100;

    private final long logits;
    private final LiveRows live;
    private final long settings;
    private final int vocabulary;
    private final int padded;
    private final Workspace workspace;

    private Truncations(Truncate kernel, Operands operands) {
        logits = operands.address(kernel.logits());
        live = operands.live(kernel.limit(), kernel.logits().shape().rows());
        settings = operands.address(kernel.settings());
        vocabulary = kernel.logits().shape().columns();
        padded = Math.ceilDiv(vocabulary, LANES) * LANES;
        workspace = operands.workspace();
        workspace.reserveEach(Lanes.ROOM + (long) padded * (Float.BYTES + Double.BYTES));
    }

    public static BoundKernel bind(Truncate kernel, Operands operands) {
        return new Truncations(kernel, operands);
    }

    public static BoundKernel bind(Penalize kernel, Operands operands) {
        return new BoundPenalty(
                operands.address(kernel.logits()),
                operands.live(kernel.limit(), kernel.logits().shape().rows()),
                operands.address(kernel.seen()),
                operands.address(kernel.sequences()),
                operands.address(kernel.penalty()),
                kernel.logits().shape().columns(),
                kernel.seen().shape().columns());
    }

    @Override
    public int tasks() {
        return Tasks.of(live.count(), Tasks.rows(vocabulary));
    }

    @Override
    public void run(int task, int worker) {
        int from = task * Tasks.rows(vocabulary);
        int to = Math.min(from + Tasks.rows(vocabulary), live.count());
        long room = workspace.of(worker);
        for (int row = from; row < to; row++) {
            truncate(logits + (long) row * vocabulary * Float.BYTES, room);
        }
    }

    private float setting(int index) {
        return Memory.f32(settings + (long) index * Float.BYTES);
    }

    private void truncate(long row, long room) {
        int k = (int) setting(Truncate.TOP_K);
        float p = setting(Truncate.TOP_P);
        float t = setting(Truncate.TEMPERATURE);
        // A copy of whole vectors, filled up with what never stays.
        long copy = room + Lanes.ROOM;
        Floats.fill(copy, padded, Float.NEGATIVE_INFINITY);
        Floats.copy(row, copy, (long) vocabulary * Float.BYTES);
        float top = largest(copy, room);
        float least = Float.NEGATIVE_INFINITY;
        if (k > 0 && k < vocabulary) {
            least = kthLargest(copy, k, top);
        }
        if (p < 1) {
            least = Math.max(least, leastOfMass(copy, least, p, t == 0 ? 1 : t, top, room));
        }
        if (least > Float.NEGATIVE_INFINITY) {
            keepFrom(copy, least);
            Floats.copy(copy, row, (long) vocabulary * Float.BYTES);
        }
    }

    private float largest(long copy, long room) {
        FloatVector most = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < padded; i += LANES) {
            most = most.max(FloatVector.fromMemorySegment(FLOATS, ALL, copy + (long) i * Float.BYTES, ORDER));
        }
        most.intoMemorySegment(ALL, room, ORDER);
        float top = Memory.f32(room);
        for (int lane = 1; lane < LANES; lane++) {
            top = Math.max(top, Memory.f32(room + (long) lane * Float.BYTES));
        }
        return top;
    }

    /** How many elements are at least a number. */
    private int atLeast(long copy, float bound) {
        int count = 0;
        for (int i = 0; i < padded; i += LANES) {
            count +=
                    FloatVector.fromMemorySegment(FLOATS, ALL, copy + (long) i * Float.BYTES, ORDER)
                            .compare(VectorOperators.GE, bound)
                            .trueCount();
        }
        return count;
    }

    private float kthLargest(long copy, int k, float top) {
        if (atLeast(copy, top) >= k) {
            return top;
        }
        float above = top;
        float low = Float.NEGATIVE_INFINITY;
        for (float middle = between(low, above); middle != low; middle = between(low, above)) {
            if (atLeast(copy, middle) >= k) {
                low = middle;
            } else {
                above = middle;
            }
        }
        return low;
    }

    /** As many floats above the one as below the other; the lower one if they are neighbours. */
    private static float between(float low, float high) {
        int middle = (int) Math.floorDiv((long) number(low) + number(high), 2);
        return Float.intBitsToFloat(middle < 0 ? Integer.MIN_VALUE - middle : middle);
    }

    /** A float's number in rising order, from 0 for zero of either sign. */
    private static int number(float x) {
        int bits = Float.floatToRawIntBits(x);
        return bits < 0 ? Integer.MIN_VALUE - bits : bits;
    }

    /** The smallest element above which elements of at most a share {@code p} of the mass stand. */
    private float leastOfMass(long copy, float least, float p, float t, float top, long room) {
        long masses = copy + (long) padded * Float.BYTES;
        double all = masses(copy, least, t, top, masses, room);
        // Above `low` stands too much, above `high` does not.
        float low = Math.max(least, top - NEGLIGIBLE * t);
        low = low == least ? Math.nextDown(low) : low;
        float high = top;
        if (massAbove(copy, masses, low, room) <= p * all) {
            return least;
        }
        for (float middle = between(low, high); middle != low; middle = between(low, high)) {
            if (massAbove(copy, masses, middle, room) <= p * all) {
                high = middle;
            } else {
                low = middle;
            }
        }
        return Math.nextUp(low);
    }

    /** Writes {@code e^((x - top)/t)} of all elements of at least a number, and 0 for others; returns their sum. */
    private double masses(long copy, float least, float t, float top, long masses, long room) {
        DoubleVector sum = DoubleVector.zero(DOUBLES);
        for (int i = 0; i < padded; i += DOUBLES.length()) {
            FloatVector logit = FloatVector.fromMemorySegment(HALF_FLOATS, ALL, copy + (long) i * Float.BYTES, ORDER);
            DoubleVector x = (DoubleVector) logit.convertShape(VectorOperators.F2D, DOUBLES, 0);
            VectorMask<Double> stays = x.compare(VectorOperators.GE, Math.max(least, top - NEGLIGIBLE * t));
            DoubleVector mass = DoubleVector.zero(DOUBLES).blend(Exp.of(x.sub(top).div(t).max(-700)), stays);
            mass.intoMemorySegment(ALL, masses + (long) i * Double.BYTES, ORDER);
            sum = sum.add(mass);
        }
        sum.intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    private double massAbove(long copy, long masses, float bound, long room) {
        DoubleVector sum = DoubleVector.zero(DOUBLES);
        for (int i = 0; i < padded; i += DOUBLES.length()) {
            FloatVector logit = FloatVector.fromMemorySegment(HALF_FLOATS, ALL, copy + (long) i * Float.BYTES, ORDER);
            DoubleVector x = (DoubleVector) logit.convertShape(VectorOperators.F2D, DOUBLES, 0);
            DoubleVector mass = DoubleVector.fromMemorySegment(DOUBLES, ALL, masses + (long) i * Double.BYTES, ORDER);
            sum = sum.add(mass, x.compare(VectorOperators.GT, bound));
        }
        sum.intoMemorySegment(ALL, room, ORDER);
        return Lanes.sumDoubles(room);
    }

    private void keepFrom(long copy, float least) {
        for (int i = 0; i < padded; i += LANES) {
            long at = copy + (long) i * Float.BYTES;
            FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, at, ORDER);
            x.blend(Truncate.NEVER, x.compare(VectorOperators.LT, least)).intoMemorySegment(ALL, at, ORDER);
        }
    }

    private record BoundPenalty(
            long logits, LiveRows live, long seen, long sequences, long penalty, int vocabulary, int width)
            implements TaskKernel {
        @Override
        public int tasks() {
            return Tasks.of(live.count(), Tasks.rows(width));
        }

        @Override
        public void run(int task, int worker) {
            int from = task * Tasks.rows(width);
            int to = Math.min(from + Tasks.rows(width), live.count());
            float factor = Memory.f32(penalty);
            for (int r = from; r < to; r++) {
                int sequence = Memory.i32(sequences + (live.first() + (long) r) * Integer.BYTES);
                for (int i = 0; i < width; i++) {
                    int token = Memory.i32(seen + ((long) sequence * width + i) * Integer.BYTES);
                    if (token >= 0 && token < vocabulary) {
                        long at = logits + ((long) r * vocabulary + token) * Float.BYTES;
                        float logit = Memory.f32(at);
                        Memory.f32(at, logit > 0 ? logit / factor : logit * factor);
                    }
                }
            }
        }
    }
}
