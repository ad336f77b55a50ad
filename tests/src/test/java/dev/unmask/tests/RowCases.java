package dev.unmask.tests;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.AdamW;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.AddBias;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Dropout;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.MovingAverage;
import dev.unmask.tensor.kernel.Scale;
import dev.unmask.tensor.kernel.ScatterRows;
import dev.unmask.tensor.kernel.SumOfSquares;
import dev.unmask.tensor.kernel.SumRows;
import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;
import dev.unmask.tests.CaseOperands.Live;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The cases of kernels that work on rows or on single elements, but for norms: those are {@link NormCases}. */
final class RowCases {
    /** Rows and their width: the least, ends of vectors of every width, and more than a block of rows. */
    static final int[][] SIZES = {{1, 1}, {1, 17}, {3, 3}, {17, 33}, {33, 70}, {5, 129}, {70, 64}, {130, 513}};

    /** Rows that count, of seven: none, some, all, and more than there are. */
    static final List<Live> LIMITS =
            List.of(Live.of(0, 0), Live.of(5, 0), Live.of(9, 5), Live.of(3, 5), Live.of(99, 10));

    private RowCases() {}

    private record Embedding(int rows, int vocabulary, int width, DType table) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new Embed(
                    o.integers("ids", vocabulary, rows),
                    o.wrapped("table", table, 1, vocabulary, width),
                    o.unwritten("out", rows, width));
        }
    }

    private record EmbeddingGradient(int rows, int vocabulary, int width) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new EmbedBackward(
                    o.integers("ids", vocabulary, rows),
                    o.floats("gradient of out", 1, rows, width),
                    o.floats("gradient of table", 1, vocabulary, width));
        }
    }

    private record Bias(int rows, int width, boolean inPlace, Live live) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            Tensor x = o.liveRows("x", 1, live.rows(rows), rows, width);
            return new AddBias(
                    x, o.floats("bias", 1, width), inPlace ? x : o.unwritten("out", rows, width), o.limit(live));
        }
    }

    private record BiasGradient(int rows, int width, Live live) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new SumRows(
                    o.liveRows("x", 1, live.rows(rows), rows, width), o.floats("sums", 1, width), o.limit(live));
        }
    }

    private record Multiple(int rows, int width, float factor, boolean inPlace, Live live) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            Tensor x = o.liveRows("x", 1, live.rows(rows), rows, width);
            return new Scale(x, factor, inPlace ? x : o.unwritten("out", rows, width), o.limit(live));
        }
    }

    private record ErrorUnit(int rows, int width, double magnitude, boolean inPlace, Live live) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            Tensor x = o.liveRows("x", magnitude, live.rows(rows), rows, width);
            return new Gelu(x, inPlace ? x : o.unwritten("out", rows, width), o.limit(live));
        }
    }

    private record ErrorUnitGradient(int rows, int width, double magnitude, boolean inPlace, Live live)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            Tensor x = o.liveRows("x", magnitude, live.rows(rows), rows, width);
            return new GeluBackward(
                    x,
                    o.liveRows("gradient of out", 1, live.rows(rows), rows, width),
                    inPlace ? x : o.unwritten("gradient of x", rows, width),
                    o.limit(live));
        }
    }

    private record Gather(int source, int width, int rows, int entries, Live live) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new GatherRows(
                    o.floats("source", 1, source, width),
                    o.liveEntries("rows", source, live, rows, entries),
                    o.limit(live),
                    o.unwritten("out", rows, width));
        }
    }

    private record Scatter(int target, int width, int rows, int entries, Live live, boolean accumulate)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new ScatterRows(
                    o.liveRows("source", 1, live.rows(rows), rows, width),
                    o.liveDistinct("rows", target, live, rows, entries),
                    o.limit(live),
                    accumulate,
                    o.floats("target", 1, target, width));
        }
    }

    private record Gate(int rows, int width, double magnitude, Live live) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new SwiGlu(
                    o.liveRows("gate", magnitude, live.rows(rows), rows, width),
                    o.liveRows("up", 2, live.rows(rows), rows, width),
                    o.unwritten("out", rows, width),
                    o.limit(live));
        }
    }

    private record GateGradient(int rows, int width, double magnitude, boolean inPlace, Live live)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            Tensor gate = o.liveRows("gate", magnitude, live.rows(rows), rows, width);
            Tensor up = o.liveRows("up", 2, live.rows(rows), rows, width);
            return new SwiGluBackward(
                    gate,
                    up,
                    o.liveRows("gradient of out", 1, live.rows(rows), rows, width),
                    inPlace ? gate : o.unwritten("gradient of gate", rows, width),
                    inPlace ? up : o.unwritten("gradient of up", rows, width),
                    o.limit(live));
        }
    }

    private enum Into {
        OTHER,
        LEFT,
        RIGHT,
        BOTH
    }

    private record Sum(int rows, int width, Into into) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            Tensor left = o.floats("left", 1, rows, width);
            Tensor right = into == Into.BOTH ? left : o.floats("right", 1, rows, width);
            return new Add(
                    left,
                    right,
                    switch (into) {
                        case OTHER -> o.unwritten("out", rows, width);
                        case LEFT, BOTH -> left;
                        case RIGHT -> right;
                    });
        }
    }

    private record Duplicate(DType dtype, int elements) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return switch (dtype) {
                case F32 -> new Copy(o.floats("source", 1, elements), o.unwritten("target", 1, elements));
                case I32 -> new Copy(o.integers("source", 1000, elements), o.integers("target", 9, elements));
                case BF16 -> new Copy(o.bfloats("source", 1, elements), o.bfloats("target", 1, elements));
                case I8 -> new Copy(o.bytes("source", elements), o.bytes("target", elements));
            };
        }
    }

    private record Constant(int elements, float value) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new Fill(o.unwritten("target", elements), value);
        }
    }

    private record Squares(int elements, int slots, int slot, double magnitude) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new SumOfSquares(o.floats("x", magnitude, elements), o.floats("sums", 1, slots), slot);
        }
    }

    private record Dropped(int width, int rows, float rate, boolean numbered, boolean accumulate, Live live)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            int[] draw = {3407, 1 << 31, -5, 17, -rows / 2, 3};
            return new Dropout(
                    o.liveRows("x", 1, live.rows(rows), rows, width),
                    rate,
                    (1 << 24) - 1,
                    o.integers("draw", i -> draw[i], 6),
                    numbered ? Optional.of(o.liveEntries("numbers", 3 * rows, live, rows, rows + 9)) : Optional.empty(),
                    o.limit(live),
                    accumulate,
                    accumulate ? o.liveRows("out", 1, live.rows(rows), rows, width) : o.unwritten("out", rows, width));
        }
    }

    private record Average(int elements, float share) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            return new MovingAverage(
                    o.floats("average", 1, elements), o.floats("value", 1, elements), o.floats("share", _ -> share, 1));
        }
    }

    private record Step(int elements, int step, float rate, float decay, float maxNorm, double gradient)
            implements KernelCase {
        Step(int elements, int step, float rate, float decay, float maxNorm) {
            this(elements, step, rate, decay, maxNorm, 1);
        }

        @Override
        public Kernel on(CaseOperands o) {
            float[] settings = new float[AdamW.SETTINGS];
            settings[AdamW.LEARNING_RATE] = rate;
            settings[AdamW.BETA1] = 0.9f;
            settings[AdamW.BETA2] = 0.95f;
            settings[AdamW.EPSILON] = 1e-8f;
            settings[AdamW.WEIGHT_DECAY] = decay;
            settings[AdamW.CORRECTION1] = (float) (1 - Math.pow(0.9, step));
            settings[AdamW.CORRECTION2] = (float) (1 - Math.pow(0.95, step));
            settings[AdamW.MAX_NORM] = maxNorm;
            return new AdamW(
                    o.floats("parameter", 1, elements),
                    o.floats("gradient", i -> i % 7 == 0 ? 0 : gradient * Math.sin(i), elements),
                    step == 1 ? o.floats("first moment", 0, elements) : o.floats("first moment", 1, elements),
                    o.floats("second moment", i -> step == 1 ? 0 : Math.abs(Math.cos(i)), elements),
                    o.floats("squared norms", i -> i + 0.25, 5),
                    o.floats("settings", i -> settings[i], AdamW.SETTINGS));
        }
    }

    static List<KernelCase> all() {
        List<KernelCase> cases = new ArrayList<>();
        for (int[] s : SIZES) {
            cases.add(new Embedding(s[0], 50, s[1], DType.F32));
            cases.add(new Embedding(s[0], 7, s[1], DType.BF16));
            cases.add(new EmbeddingGradient(s[0], 7, s[1]));
            cases.add(new EmbeddingGradient(s[0], 300, s[1]));
            addFamilyCases(cases, s[0], s[1], Live.ALL);
            cases.add(new Gather(50, s[1], s[0], s[0], Live.ALL));
            cases.add(new Scatter(150, s[1], s[0], s[0], Live.ALL, false));
            cases.add(new Scatter(150, s[1], s[0], s[0], Live.ALL, true));
            cases.add(new Gate(s[0], s[1], 8, Live.ALL));
            cases.add(new GateGradient(s[0], s[1], 8, false, Live.ALL));
            cases.add(new GateGradient(s[0], s[1], 8, true, Live.ALL));
            for (Into into : Into.values()) {
                cases.add(new Sum(s[0], s[1], into));
            }
            for (DType dtype : DType.values()) {
                cases.add(new Duplicate(dtype, s[0] * s[1]));
            }
            cases.add(new Constant(s[0] * s[1], 0));
            cases.add(new Squares(s[0] * s[1], 4, s[0] % 4, 1));
            cases.add(new Average(s[0] * s[1], 0.1f));
            cases.add(new Dropped(s[1], s[0], 0.1f, false, false, Live.ALL));
            cases.add(new Dropped(s[1], s[0], 0.5f, true, true, Live.ALL));
            cases.add(new Step(s[0] * s[1], 1, 1e-3f, 0.1f, 1));
            cases.add(new Step(s[0] * s[1], 100, 1e-3f, 0.1f, 1));
        }
        addLimited(cases);
        addLarge(cases);
        addMagnitudes(cases);
        return cases;
    }

    /** Rows of which some do not count. */
    private static void addLimited(List<KernelCase> cases) {
        for (boolean accumulate : new boolean[] {false, true}) {
            cases.add(new Scatter(40, 33, 17, 17, Live.of(0, 0), accumulate));
            cases.add(new Scatter(40, 33, 17, 17, Live.of(5, 0), accumulate));
            cases.add(new Scatter(40, 33, 7, 17, Live.of(9, 5), accumulate));
            cases.add(new Scatter(40, 33, 7, 17, Live.of(3, 5), accumulate));
            cases.add(new Scatter(40, 33, 7, 17, Live.of(99, 10), accumulate));
            cases.add(new Dropped(33, 7, 0.3f, true, accumulate, Live.of(9, 5)));
            cases.add(new Dropped(33, 7, 0.3f, false, accumulate, Live.of(3, 5)));
            cases.add(new Dropped(33, 7, 0, true, accumulate, Live.of(5, 0)));
        }
        for (Live live : LIMITS) {
            addFamilyCases(cases, 7, 33, live);
            cases.add(new Gate(7, 33, 8, live));
            cases.add(new GateGradient(7, 33, 8, false, live));
            cases.add(new GateGradient(7, 33, 8, true, live));
        }
        cases.add(new Gate(130, 513, 8, Live.of(77, 0)));
        cases.add(new GateGradient(130, 513, 8, false, Live.of(77, 0)));
        cases.add(new Gather(40, 33, 17, 17, Live.of(0, 0)));
        cases.add(new Gather(40, 33, 17, 17, Live.of(5, 0)));
        cases.add(new Gather(40, 33, 7, 17, Live.of(9, 5)));
        cases.add(new Gather(40, 33, 7, 17, Live.of(3, 5)));
        cases.add(new Gather(40, 33, 7, 17, Live.of(99, 10)));
    }

    /** More rows or elements than one block of work has. */
    private static void addLarge(List<KernelCase> cases) {
        addFamilyCases(cases, 1031, 70, Live.ALL);
        cases.add(new Embedding(1031, 50, 70, DType.F32));
        cases.add(new EmbeddingGradient(1031, 7, 70));
        cases.add(new Gate(1031, 129, 8, Live.ALL));
        cases.add(new Sum(1031, 129, Into.LEFT));
        cases.add(new Average(100_003, 1e-4f));
        cases.add(new Squares(100_003, 1, 0, 1));
        cases.add(new Step(100_003, 7, 2e-4f, 0.1f, 1));
    }

    /** Numbers of every size, and settings at their ends. */
    private static void addMagnitudes(List<KernelCase> cases) {
        cases.add(new ErrorUnit(17, 33, 1e4, false, Live.ALL));
        cases.add(new ErrorUnit(17, 33, 20, true, Live.ALL));
        cases.add(new ErrorUnit(17, 33, 1e-3, false, Live.ALL));
        cases.add(new ErrorUnitGradient(17, 33, 1e4, false, Live.ALL));
        cases.add(new ErrorUnitGradient(17, 33, 20, true, Live.ALL));
        cases.add(new Gate(17, 33, 1e4, Live.ALL));
        cases.add(new Gate(17, 33, 100, Live.ALL));
        cases.add(new Gate(17, 33, 1e30, Live.ALL));
        cases.add(new Gate(17, 33, 1e-30, Live.ALL));
        cases.add(new GateGradient(17, 33, 1e4, false, Live.ALL));
        cases.add(new GateGradient(17, 33, 100, true, Live.ALL));
        cases.add(new GateGradient(17, 33, 1e30, false, Live.ALL));
        cases.add(new GateGradient(17, 33, 1e-30, true, Live.ALL));
        cases.add(new Constant(70, -1.5f));
        cases.add(new Constant(17, Float.NEGATIVE_INFINITY));
        cases.add(new Average(70, 0));
        cases.add(new Average(70, 1));
        cases.add(new Squares(70, 3, 2, 1e12));
        cases.add(new Squares(70, 3, 2, 0));
        cases.add(new Squares(70, 3, 2, 1e18));
        cases.add(new Squares(70, 3, 2, 1e-18));
        cases.add(new Squares(70, 3, 2, 1e-30));
        cases.add(new Step(70, 7, 2e-4f, 0, Float.POSITIVE_INFINITY));
        cases.add(new Step(70, 7, 0, 0.1f, 1));
        for (double gradient : new double[] {1e18, 1e-7, 1e-20, 1e-38, 1e-42}) {
            cases.add(new Step(70, 1, 1e-3f, 0.1f, Float.POSITIVE_INFINITY, gradient));
            cases.add(new Step(70, 7, 1e-3f, 0.1f, 1, gradient));
        }
    }

    /** What published families use beyond the network of METHOD §1. */
    private static void addFamilyCases(List<KernelCase> cases, int rows, int width, Live live) {
        cases.add(new BiasGradient(rows, width, live));
        for (boolean inPlace : new boolean[] {false, true}) {
            cases.add(new Bias(rows, width, inPlace, live));
            cases.add(new Multiple(rows, width, -0.75f, inPlace, live));
            cases.add(new ErrorUnit(rows, width, 4, inPlace, live));
            cases.add(new ErrorUnitGradient(rows, width, 4, inPlace, live));
        }
    }
}
