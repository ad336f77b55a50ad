package dev.unmask.tensor.reference;

import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.AdamW;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.AddBias;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.Dropout;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.tensor.kernel.MovingAverage;
import dev.unmask.tensor.kernel.Penalize;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;
import dev.unmask.tensor.kernel.Rope;
import dev.unmask.tensor.kernel.Scale;
import dev.unmask.tensor.kernel.ScatterHeads;
import dev.unmask.tensor.kernel.ScatterRows;
import dev.unmask.tensor.kernel.SumOfSquares;
import dev.unmask.tensor.kernel.SumRows;
import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;
import dev.unmask.tensor.kernel.Truncate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Every kernel on small operands, of sizes such that groups and tiles are only partly full: what a backend tests itself
 * by when it is opened, and the first of the cases that the tests hold against {@link ReferenceKernels}. Floats are
 * sines of different phases.
 */
public final class SmallCases {
    /** Where the operands come from. */
    public interface Operands {
        /**
         * A tensor of float32.
         *
         * @param values its elements
         * @param shape their shape
         * @return the tensor
         */
        Tensor floats(float[] values, Shape shape);

        /**
         * A tensor of bfloat16.
         *
         * @param values its elements, which are rounded
         * @param shape their shape
         * @return the tensor
         */
        Tensor bfloats(float[] values, Shape shape);

        /**
         * A tensor of integers.
         *
         * @param values its elements
         * @param shape their shape
         * @return the tensor
         */
        Tensor integers(int[] values, Shape shape);
    }

    /** Rows; more than a tile of attention. */
    private static final int ROWS = 19;

    /** Positions that attention by products of a library is for. */
    private static final int LONG = 67;

    /** Columns; more than a group of a row has threads. */
    private static final int WIDTH = 134;

    /** Layout of fused rows of {@link #WIDTH} or fewer columns: {@code (4 + 2·2)·6 = 48}. */
    private static final Heads HEADS = new Heads(4, 2, 6);

    private final Operands operands;
    private final List<Supplier<Kernel>> cases = new ArrayList<>();
    private int phase;

    private SmallCases(Operands operands) {
        this.operands = operands;
        elements();
        rows();
        products();
        storedProducts();
        attention();
        logits();
        optimizer();
    }

    /**
     * The cases; each makes operands of its own, every time.
     *
     * @param operands where they come from
     * @return a kernel each
     */
    public static List<Supplier<Kernel>> on(Operands operands) {
        return List.copyOf(new SmallCases(operands).cases);
    }

    private void add(Supplier<Kernel> kernel) {
        cases.add(kernel);
    }

    private Tensor floats(int... extents) {
        Shape shape = Shape.of(extents);
        return operands.floats(sines(shape), shape);
    }

    private Tensor bfloats(int... extents) {
        Shape shape = Shape.of(extents);
        return operands.bfloats(sines(shape), shape);
    }

    private float[] sines(Shape shape) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(0.7 * i + phase);
        }
        phase++;
        return values;
    }

    private Tensor floatsOf(float... values) {
        return operands.floats(values, Shape.of(values.length));
    }

    private Tensor integersOf(int... values) {
        return operands.integers(values, Shape.of(values.length));
    }

    /** Multiples of a factor that is prime to the bound: all different. */
    private Tensor integers(int factor, int bound) {
        int[] values = new int[ROWS];
        for (int i = 0; i < ROWS; i++) {
            values[i] = i * factor % bound;
        }
        return integersOf(values);
    }

    private RowLimit limit(int entries, int first) {
        return RowLimit.of(integersOf(entries), first);
    }

    private void elements() {
        add(() -> new Fill(floats(ROWS, WIDTH), -1.5f));
        add(() -> new Copy(floats(ROWS, WIDTH), floats(ROWS, WIDTH)));
        add(() -> new Copy(integers(5, 100), integers(3, 100)));
        add(() -> new Copy(bfloats(ROWS, WIDTH - 1), bfloats(ROWS, WIDTH - 1)));
        add(() -> new Add(floats(ROWS, WIDTH), floats(ROWS, WIDTH), floats(ROWS, WIDTH)));
        add(() -> new AddBias(floats(ROWS, WIDTH), floats(WIDTH), floats(ROWS, WIDTH), limit(15, 2)));
        add(() -> new Scale(floats(ROWS, WIDTH), -1.5f, floats(ROWS, WIDTH), limit(15, 2)));
        for (boolean accumulate : new boolean[] {false, true}) {
            add(() ->
                    new Dropout(
                            floats(ROWS - 2, WIDTH),
                            0.4f,
                            5,
                            integersOf(7, -3, 1 << 30, 1, -2, 1),
                            Optional.of(integers(4, ROWS)),
                            limit(15, 2),
                            accumulate,
                            floats(ROWS - 2, WIDTH)));
        }
        add(() -> new Gelu(floats(ROWS, WIDTH), floats(ROWS, WIDTH), limit(15, 2)));
        add(() -> new GeluBackward(floats(ROWS, WIDTH), floats(ROWS, WIDTH), floats(ROWS, WIDTH), limit(15, 2)));
        add(() -> new SwiGlu(floats(ROWS, WIDTH), floats(ROWS, WIDTH), floats(ROWS, WIDTH), limit(15, 2)));
        add(() ->
                new SwiGluBackward(
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        limit(15, 2)));
        add(() -> new Embed(integers(3, 7), floats(7, WIDTH), floats(ROWS, WIDTH)));
        add(() -> new Embed(integers(3, 7), bfloats(7, WIDTH - 1), floats(ROWS, WIDTH - 1)));
        add(() -> new GatherRows(floats(ROWS, WIDTH), integers(4, ROWS), limit(15, 2), floats(ROWS - 2, WIDTH)));
        add(() -> new ScatterRows(floats(ROWS - 2, WIDTH), integers(4, ROWS), limit(15, 2), true, floats(ROWS, WIDTH)));
        add(() ->
                new ScatterHeads(
                        HEADS.valuesOf(floats(ROWS, HEADS.fusedWidth())),
                        integers(4, ROWS),
                        HeadRows.of(floats(ROWS, WIDTH), 5, HEADS.groups(), HEADS.size())));
        for (boolean inverse : new boolean[] {false, true}) {
            add(() ->
                    new Rope(
                            HEADS.queriesAndKeysOf(floats(ROWS, HEADS.fusedWidth())),
                            integers(7, 30),
                            floats(30, HEADS.size()),
                            inverse));
        }
    }

    private void rows() {
        add(() -> new EmbedBackward(integers(3, 7), floats(ROWS, WIDTH), floats(7, WIDTH)));
        add(() ->
                new RmsNorm(
                        floats(ROWS, WIDTH), floats(WIDTH), 1e-5f, floats(ROWS, WIDTH), floats(ROWS), limit(15, 2)));
        add(() -> new SumRows(floats(ROWS, WIDTH), floats(WIDTH), limit(15, 2)));
        add(() -> new RmsNorm(floats(ROWS, 32), floats(8), 1e-5f, floats(ROWS, 32), floats(ROWS, 4), RowLimit.ALL));
        add(() ->
                new LayerNorm(
                        floats(ROWS, WIDTH),
                        floats(WIDTH),
                        1e-5f,
                        floats(ROWS, WIDTH),
                        floats(ROWS),
                        floats(ROWS),
                        limit(15, 2)));
        add(() ->
                new LayerNormBackward(
                        floats(ROWS, WIDTH),
                        floats(WIDTH),
                        floats(ROWS),
                        floats(ROWS),
                        floats(ROWS, WIDTH),
                        Optional.of(floats(ROWS, WIDTH)),
                        floats(ROWS, WIDTH),
                        floats(WIDTH),
                        limit(15, 2)));
        add(() ->
                new RmsNormBackward(
                        floats(ROWS, WIDTH),
                        floats(WIDTH),
                        floats(ROWS),
                        floats(ROWS, WIDTH),
                        Optional.of(floats(ROWS, WIDTH)),
                        floats(ROWS, WIDTH),
                        floats(WIDTH),
                        limit(15, 2)));
    }

    private void products() {
        for (Precision precision : Precision.values()) {
            for (int form = 0; form < (precision == Precision.TF32 ? 1 : 4); form++) {
                boolean transposeA = form % 2 == 1;
                boolean transposeB = form / 2 == 1;
                int other = form;
                add(() -> {
                    Tensor c = floats(ROWS, 70);
                    return new Gemm(
                            transposeA ? floats(WIDTH, ROWS) : floats(ROWS, WIDTH),
                            transposeA,
                            transposeB ? floats(70, WIDTH) : floats(WIDTH, 70),
                            transposeB,
                            addend(other, c),
                            c,
                            other == 3 ? RowLimit.ALL : limit(17, 1),
                            precision);
                });
            }
        }
    }

    /** By weights that are stored as bfloat16, an odd number of them. */
    private void storedProducts() {
        for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
            for (boolean transposeB : new boolean[] {false, true}) {
                add(() ->
                        new Gemm(
                                floats(ROWS, WIDTH - 1),
                                false,
                                transposeB ? bfloats(71, WIDTH - 1) : bfloats(WIDTH - 1, 71),
                                transposeB,
                                Optional.empty(),
                                floats(ROWS, 71),
                                limit(17, 1),
                                precision));
            }
        }
    }

    private Optional<Tensor> addend(int form, Tensor c) {
        return switch (form) {
            case 0 -> Optional.of(c);
            case 1 -> Optional.empty();
            default -> Optional.of(floats(ROWS, 70));
        };
    }

    private void attention() {
        for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
            attention(ROWS, Optional.of(lengths(ROWS, ROWS, 9)), precision);
            attention(ROWS, Optional.of(causal(ROWS)), precision);
            attention(3 * ROWS, Optional.of(blocks(3 * ROWS)), precision);
        }
        attention(LONG, Optional.empty(), Precision.F32);
        attention(LONG, Optional.of(blocks(LONG)), Precision.F32);
        attention(LONG, Optional.of(causal(LONG)), Precision.TF32);
        attention(LONG, Optional.of(causal(LONG)), Precision.BF16);
        apart();
    }

    /** Of each row the keys that it sees: all there are in its sequence. */
    private static int[] lengths(int rows, int... lengths) {
        int[] ranges = new int[lengths.length * rows * Attention.RANGES];
        for (int i = 0; i < lengths.length * rows; i++) {
            ranges[i * Attention.RANGES + 1] = lengths[i / rows];
        }
        return ranges;
    }

    private static int[] causal(int rows) {
        int[] ranges = new int[2 * rows * Attention.RANGES];
        for (int i = 0; i < 2 * rows; i++) {
            ranges[i * Attention.RANGES + 1] = i % rows + 1;
        }
        return ranges;
    }

    /** Some of the first keys and some of the last; every seventh row sees none. */
    private static int[] blocks(int rows) {
        int[] ranges = new int[2 * rows * Attention.RANGES];
        for (int i = 0; i < 2 * rows; i++) {
            int at = i * Attention.RANGES;
            ranges[at] = rows - 5;
            ranges[at + 1] = i % 7 == 6 ? 0 : 1 + i % 5;
            ranges[at + 2] = i % 3;
            ranges[at + 3] = i % 7 == 6 ? 0 : i % 4;
        }
        return ranges;
    }

    private Optional<Tensor> seen(int rows, Optional<int[]> ranges) {
        return ranges.map(r -> operands.integers(r, Shape.of(2 * rows, Attention.RANGES)));
    }

    private void attention(int rows, Optional<int[]> ranges, Precision precision) {
        add(() -> {
            Tensor fused = floats(2 * rows, HEADS.fusedWidth());
            return new Attention(
                    HEADS.queriesOf(fused),
                    HEADS.keysOf(fused),
                    HEADS.valuesOf(fused),
                    2,
                    seen(rows, ranges),
                    floats(2 * rows, HEADS.width()),
                    floats(2, HEADS.count(), rows),
                    precision);
        });
        add(() -> {
            Tensor fused = floats(2 * rows, HEADS.fusedWidth());
            Tensor out = floats(2 * rows, HEADS.width());
            Tensor logSumExp = floats(2, HEADS.count(), rows);
            Tensor outGradient = floats(2 * rows, HEADS.width());
            Tensor delta = floats(2, HEADS.count(), rows);
            Tensor gradient = floats(2 * rows, HEADS.fusedWidth());
            return new AttentionBackward(
                    HEADS.queriesOf(fused),
                    HEADS.keysOf(fused),
                    HEADS.valuesOf(fused),
                    2,
                    seen(rows, ranges),
                    out,
                    logSumExp,
                    outGradient,
                    delta,
                    HEADS.queriesOf(gradient),
                    HEADS.keysOf(gradient),
                    HEADS.valuesOf(gradient),
                    precision);
        });
    }

    /** Queries, keys and values in tensors of their own, and more keys than queries. */
    private void apart() {
        int keys = ROWS + 5;
        int width = HEADS.groups() * HEADS.size();
        add(() ->
                new Attention(
                        HeadRows.of(floats(2 * ROWS, HEADS.width() + 1), 1, HEADS.count(), HEADS.size()),
                        HeadRows.of(floats(2 * keys, width), 0, HEADS.groups(), HEADS.size()),
                        HeadRows.of(floats(2 * keys, width + 2), 2, HEADS.groups(), HEADS.size()),
                        2,
                        Optional.empty(),
                        floats(2 * ROWS, HEADS.width()),
                        floats(2, HEADS.count(), ROWS),
                        Precision.F32));
    }

    private void logits() {
        int r = ROWS - 2;
        add(() -> new CrossEntropy(floats(r, WIDTH), integers(31, WIDTH), limit(15, 2), floats(ROWS), floats(ROWS)));
        add(() ->
                new CrossEntropyBackward(
                        floats(r, WIDTH),
                        integers(31, WIDTH),
                        floats(ROWS),
                        floats(ROWS),
                        limit(15, 2),
                        floats(r, WIDTH)));
        add(() -> new Guide(floats(r, WIDTH), floats(r, WIDTH), floatsOf(1.5f), limit(15, 2), floats(r, WIDTH)));
        // The last leaves all as it is.
        for (float[] settings : new float[][] {{0, 5, 1}, {0.7f, 0, 0.6f}, {1, 9, 0.9f}, {0, 0, 1}}) {
            add(() -> new Truncate(floats(r, WIDTH), limit(15, 2), floatsOf(settings)));
        }
        add(() ->
                new Penalize(
                        floats(r, WIDTH),
                        limit(15, 2),
                        integersOf(1, 4, -1, 9, 0, 2),
                        integers(0, ROWS),
                        floatsOf(1.5f)));
        for (float temperature : new float[] {0, 0.8f}) {
            add(() ->
                    new Choose(
                            floats(r, WIDTH),
                            limit(15, 2),
                            floatsOf(temperature),
                            integersOf(0x89ABCDEF, 0x7FFF0123, 3, 1),
                            integers(7919, 1 << 20),
                            integers(1, ROWS),
                            floats(ROWS),
                            floats(ROWS),
                            floats(ROWS)));
        }
    }

    private void optimizer() {
        add(() -> new MovingAverage(floats(ROWS, WIDTH), floats(ROWS, WIDTH), floatsOf(0.25f)));
        add(() -> new SumOfSquares(floats(100, WIDTH), floats(3), 1));
        add(() ->
                new AdamW(
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        secondMoment(),
                        floatsOf(1, 2, 3),
                        floatsOf(1e-3f, 0.9f, 0.95f, 1e-8f, 0.1f, 0.4f, 0.2f, 1)));
    }

    private Tensor secondMoment() {
        float[] values = new float[ROWS * WIDTH];
        Arrays.fill(values, 0.25f);
        return operands.floats(values, Shape.of(ROWS, WIDTH));
    }
}
