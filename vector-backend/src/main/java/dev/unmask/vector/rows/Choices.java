package dev.unmask.vector.rows;

import static dev.unmask.vector.lanes.Memory.ALL;
import static dev.unmask.vector.lanes.Species.DOUBLES;
import static dev.unmask.vector.lanes.Species.FLOATS;
import static dev.unmask.vector.lanes.Species.HALF_FLOATS;
import static dev.unmask.vector.lanes.Species.INTS;
import static dev.unmask.vector.lanes.Species.LANES;
import static dev.unmask.vector.lanes.Species.ORDER;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.vector.lanes.Exp;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Lanes;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.RandomBits;
import dev.unmask.vector.lanes.Tail;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.LiveRows;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;
import dev.unmask.vector.work.Workspace;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

import java.lang.foreign.MemorySegment;

/** Proposes a token for each row of logits, and says how sure the model is. */
public final class Choices implements TaskKernel {
    /** Tokens whose random numbers are computed before any of them is looked at. */
    private static final int AT_ONCE = 1024;

    /** More than what chances in float32 may fall short of, where they are not too small for any 53-bit number. */
    private static final double SLACK = 1.001;

    private final long logits;
    private final LiveRows live;
    private final long temperature;
    private final long seed;
    private final long keys;
    private final long tokens;
    private final long logConfidence;
    private final long margin;
    private final long entropy;
    private final int vocabulary;
    private final Workspace workspace;

    private Choices(Choose kernel, Operands operands) {
        logits = operands.address(kernel.logits());
        live = operands.live(kernel.limit(), kernel.logits().shape().rows());
        temperature = operands.address(kernel.temperature());
        seed = operands.address(kernel.seed());
        keys = operands.address(kernel.keys());
        tokens = operands.address(kernel.tokens());
        logConfidence = operands.address(kernel.logConfidence());
        margin = operands.address(kernel.margin());
        entropy = operands.address(kernel.entropy());
        vocabulary = kernel.logits().shape().columns();
        workspace = operands.workspace();
        workspace.reserveEach(Math.max(3 * Lanes.ROOM, AT_ONCE * (Float.BYTES + Double.BYTES)));
    }

    public static BoundKernel bind(Choose kernel, Operands operands) {
        return new Choices(kernel, operands);
    }

    @Override
    public int tasks() {
        return Tasks.of(live.count(), Tasks.rows(vocabulary));
    }

    @Override
    public void run(int task, int worker) {
        int from = task * Tasks.rows(vocabulary);
        int to = Math.min(from + Tasks.rows(vocabulary), live.count());
        for (int row = from; row < to; row++) {
            choose(
                    logits + (long) row * vocabulary * Float.BYTES,
                    (live.first() + (long) row) * Integer.BYTES,
                    workspace.of(worker));
        }
    }

    /**
     * @param entry bytes from the start of the operands with an element for each entry
     */
    private void choose(long row, long entry, long room) {
        topTwo(row, vocabulary, room);
        int best = Memory.i32(room + Lanes.ROOM);
        float top = Memory.f32(room);
        double second = Memory.f32(room + 2 * Lanes.ROOM);

        sums(row, vocabulary, top, room);
        double sum = Memory.f64(room);
        double weighted = Memory.f64(room + Lanes.ROOM);
        double logSum = StrictMath.log(sum);

        float t = Memory.f32(temperature);
        int token = t == 0 ? best : draw(row, Memory.i32(keys + entry), t, best, room);
        double chosen = Memory.f32(row + (long) token * Float.BYTES);
        Memory.i32(tokens + entry, token);
        Memory.f32(logConfidence + entry, (float) (chosen - top - logSum));
        Memory.f32(margin + entry, (float) ((1 - StrictMath.exp(second - top)) / sum));
        Memory.f32(entropy + entry, (float) (logSum - weighted / sum));
    }

    /**
     * Finds the largest element, the lowest place where it stands, and the second largest; NaN counts as absent. They
     * are left at {@code room}, and one and two times {@link Lanes#ROOM} after it.
     */
    private static void topTwo(long row, int n, long room) {
        FloatVector best = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        FloatVector second = best;
        IntVector place = IntVector.zero(INTS);
        IntVector here = IntVector.zero(INTS).addIndex(1);
        int whole = n / LANES * LANES;
        for (int i = 0; i < whole; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, row + (long) i * Float.BYTES, ORDER);
            VectorMask<Float> above = v.compare(VectorOperators.GT, best);
            second = second.blend(v, v.compare(VectorOperators.GT, second)).blend(best, above);
            best = best.blend(v, above);
            place = place.blend(here, above.cast(INTS));
            here = here.add(LANES);
        }
        if (whole < n) {
            VectorMask<Float> there = FLOATS.indexInRange(whole, n);
            FloatVector v = FloatVector.fromMemorySegment(FLOATS, ALL, row + (long) whole * Float.BYTES, ORDER, there);
            VectorMask<Float> above = v.compare(VectorOperators.GT, best).and(there);
            second = second.blend(v, v.compare(VectorOperators.GT, second).and(there)).blend(best, above);
            best = best.blend(v, above);
            place = place.blend(here, above.cast(INTS));
        }
        best.intoMemorySegment(ALL, room, ORDER);
        place.intoMemorySegment(ALL, room + Lanes.ROOM, ORDER);
        second.intoMemorySegment(ALL, room + 2 * Lanes.ROOM, ORDER);
        for (int lane = 1; lane < LANES; lane++) {
            merge(room, lane * (long) Float.BYTES);
        }
    }

    private static void merge(long room, long lane) {
        float best = Memory.f32(room);
        float other = Memory.f32(room + lane);
        int place = Memory.i32(room + Lanes.ROOM);
        int otherPlace = Memory.i32(room + Lanes.ROOM + lane);
        float second = Math.max(Memory.f32(room + 2 * Lanes.ROOM), Memory.f32(room + 2 * Lanes.ROOM + lane));
        boolean moves = other > best || other == best && otherPlace < place;
        Memory.f32(room, moves ? other : best);
        Memory.i32(room + Lanes.ROOM, moves ? otherPlace : place);
        Memory.f32(room + 2 * Lanes.ROOM, Math.max(second, moves ? best : other));
    }

    /** Leaves {@code s = Σ e^(x - top)} at {@code room} and {@code Σ (x - top)·e^(x - top)} one ROOM after it. */
    private static void sums(long row, int n, float top, long room) {
        int step = DOUBLES.length();
        int whole = n / step * step;
        long rest = room + 2 * Lanes.ROOM;
        DoubleVector.zero(DOUBLES).intoMemorySegment(ALL, room, ORDER);
        DoubleVector.zero(DOUBLES).intoMemorySegment(ALL, room + Lanes.ROOM, ORDER);
        addSums(row, whole, top, room);
        if (whole < n) {
            // The last part of a vector, followed by logits that weigh nothing.
            Floats.fill(rest, LANES, Float.NEGATIVE_INFINITY);
            MemorySegment.copy(ALL, row + (long) whole * Float.BYTES, ALL, rest, (long) (n - whole) * Float.BYTES);
            addSums(rest, step, top, room);
        }
        Memory.f64(room, Lanes.sumDoubles(room));
        Memory.f64(room + Lanes.ROOM, Lanes.sumDoubles(room + Lanes.ROOM));
    }

    /** Adds to what {@link #sums} sums, lane by lane, what whole vectors contribute. */
    private static void addSums(long row, int n, float top, long room) {
        DoubleVector sum = DoubleVector.fromMemorySegment(DOUBLES, ALL, room, ORDER);
        DoubleVector weighted = DoubleVector.fromMemorySegment(DOUBLES, ALL, room + Lanes.ROOM, ORDER);
        for (int i = 0; i < n; i += DOUBLES.length()) {
            FloatVector logit = FloatVector.fromMemorySegment(HALF_FLOATS, ALL, row + (long) i * Float.BYTES, ORDER);
            DoubleVector x = ((DoubleVector) logit.convertShape(VectorOperators.F2D, DOUBLES, 0)).sub(top);
            DoubleVector e = Exp.of(x);
            sum = sum.add(e);
            // 0 · ln 0 counts as 0.
            weighted = weighted.add(e.mul(x).blend(0, e.compare(VectorOperators.EQ, 0)));
        }
        sum.intoMemorySegment(ALL, room, ORDER);
        weighted.intoMemorySegment(ALL, room + Lanes.ROOM, ORDER);
    }

    /**
     * The Gumbel-max trick: a draw from {@code softmax(logits / t)}.
     *
     * <p>As {@code -ln u >= 1 - u}, a token can only reach the best score {@code b} so far if {@code 1 - u <= e^((x -
     * b) / t)}, which spares most tokens two logarithms.
     */
    private int draw(long row, int key, float t, int likeliest, long room) {
        long seedBits = word(0) | word(1) << 32;
        long step = word(2) | word(3) << 32;
        long first = (long) key * vocabulary;
        int token = likeliest;
        double best = score(row, likeliest, seedBits, step, first, t);
        float base = (float) best;
        double above = SLACK;
        long chances = room;
        long gaps = chances + AT_ONCE * Float.BYTES;
        for (int i = 0; i < vocabulary; i += AT_ONCE) {
            int n = Math.min(AT_ONCE, vocabulary - i);
            chances(row + (long) i * Float.BYTES, n, base, 1 / t, chances);
            RandomBits.gaps(seedBits, Purpose.GUMBEL, step, first + i, n, gaps);
            for (int j = 0; j < n; j++) {
                if (Memory.f64(gaps + (long) j * Double.BYTES)
                        <= Memory.f32(chances + (long) j * Float.BYTES) * above) {
                    double score = score(row, i + j, seedBits, step, first, t);
                    if (score > best || score == best && i + j < token) {
                        best = score;
                        token = i + j;
                        above = SLACK * StrictMath.exp((base - best) / t);
                    }
                }
            }
        }
        return token;
    }

    /** {@code e^((x - base) · inverse)}, or a great number if that is greater. */
    private static void chances(long row, int n, float base, float inverse, long target) {
        int whole = Tail.whole(n);
        chancesOfVectors(row, whole, base, inverse, target);
        if (whole < n) {
            long at = (long) whole * Float.BYTES;
            Tail.fetch(row + at, n - whole, target + at);
            chancesOfVectors(target + at, LANES, base, inverse, target + at);
        }
    }

    private static void chancesOfVectors(long row, int n, float base, float inverse, long target) {
        for (int i = 0; i < n; i += LANES) {
            long at = (long) i * Float.BYTES;
            FloatVector x = FloatVector.fromMemorySegment(FLOATS, ALL, row + at, ORDER);
            Exp.of(x.sub(base).mul(inverse).min(Exp.GREATEST)).intoMemorySegment(ALL, target + at, ORDER);
        }
    }

    private static double score(long row, int v, long seed, long step, long first, float t) {
        double u = Philox.uniform53(seed, Purpose.GUMBEL, step, first + v);
        return Memory.f32(row + (long) v * Float.BYTES) - t * StrictMath.log(-StrictMath.log(u));
    }

    private long word(int index) {
        return Memory.i32(seed + (long) index * Integer.BYTES) & 0xFFFFFFFFL;
    }
}
