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
    static final int ROWS = 19;

    /** Columns; more than a group of a row has threads. */
    private static final int WIDTH = 134;

    /** Layout of fused rows of {@link #WIDTH} or fewer columns: {@code (4 + 2·2)·6 = 48}. */
    static final Heads HEADS = new Heads(4, 2, 6);

    private final SmallOperands operands;
    private final List<Supplier<Kernel>> cases = new ArrayList<>();

    private SmallCases(Operands operands) {
        this.operands = new SmallOperands(operands);
        elements();
        lookups();
        rows();
        products();
        storedProducts();
        cases.addAll(SmallAttention.on(this.operands));
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

    private void elements() {
        add(() -> new Fill(operands.floats(ROWS, WIDTH), -1.5f));
        add(() -> new Copy(operands.floats(ROWS, WIDTH), operands.floats(ROWS, WIDTH)));
        add(() -> new Copy(operands.integers(5, 100), operands.integers(3, 100)));
        add(() -> new Copy(operands.bfloats(ROWS, WIDTH - 1), operands.bfloats(ROWS, WIDTH - 1)));
        add(() -> new Add(operands.floats(ROWS, WIDTH), operands.floats(ROWS, WIDTH), operands.floats(ROWS, WIDTH)));
        add(() ->
                new AddBias(
                        operands.floats(ROWS, WIDTH),
                        operands.floats(WIDTH),
                        operands.floats(ROWS, WIDTH),
                        operands.limit(15, 2)));
        add(() -> new Scale(operands.floats(ROWS, WIDTH), -1.5f, operands.floats(ROWS, WIDTH), operands.limit(15, 2)));
        for (boolean accumulate : new boolean[] {false, true}) {
            add(() ->
                    new Dropout(
                            operands.floats(ROWS - 2, WIDTH),
                            0.4f,
                            5,
                            operands.integersOf(7, -3, 1 << 30, 1, -2, 1),
                            Optional.of(operands.integers(4, ROWS)),
                            operands.limit(15, 2),
                            accumulate,
                            operands.floats(ROWS - 2, WIDTH)));
        }
        add(() -> new Gelu(operands.floats(ROWS, WIDTH), operands.floats(ROWS, WIDTH), operands.limit(15, 2)));
        add(() ->
                new GeluBackward(
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS, WIDTH),
                        operands.limit(15, 2)));
        add(() ->
                new SwiGlu(
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS, WIDTH),
                        operands.limit(15, 2)));
        add(() ->
                new SwiGluBackward(
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS, WIDTH),
                        operands.limit(15, 2)));
    }

    private void lookups() {
        add(() -> new Embed(operands.integers(3, 7), operands.floats(7, WIDTH), operands.floats(ROWS, WIDTH)));
        add(() -> new Embed(operands.integers(3, 7), operands.bfloats(7, WIDTH - 1), operands.floats(ROWS, WIDTH - 1)));
        add(() ->
                new GatherRows(
                        operands.floats(ROWS, WIDTH),
                        operands.integers(4, ROWS),
                        operands.limit(15, 2),
                        operands.floats(ROWS - 2, WIDTH)));
        add(() ->
                new ScatterRows(
                        operands.floats(ROWS - 2, WIDTH),
                        operands.integers(4, ROWS),
                        operands.limit(15, 2),
                        true,
                        operands.floats(ROWS, WIDTH)));
        add(() ->
                new ScatterHeads(
                        HEADS.valuesOf(operands.floats(ROWS, HEADS.fusedWidth())),
                        operands.integers(4, ROWS),
                        HeadRows.of(operands.floats(ROWS, WIDTH), 5, HEADS.groups(), HEADS.size())));
        for (boolean inverse : new boolean[] {false, true}) {
            add(() ->
                    new Rope(
                            HEADS.queriesAndKeysOf(operands.floats(ROWS, HEADS.fusedWidth())),
                            operands.integers(7, 30),
                            operands.floats(30, HEADS.size()),
                            inverse));
        }
    }

    private void rows() {
        add(() -> new EmbedBackward(operands.integers(3, 7), operands.floats(ROWS, WIDTH), operands.floats(7, WIDTH)));
        add(() ->
                new RmsNorm(
                        operands.floats(ROWS, WIDTH),
                        operands.floats(WIDTH),
                        1e-5f,
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS),
                        operands.limit(15, 2)));
        add(() -> new SumRows(operands.floats(ROWS, WIDTH), operands.floats(WIDTH), operands.limit(15, 2)));
        add(() ->
                new RmsNorm(
                        operands.floats(ROWS, 32),
                        operands.floats(8),
                        1e-5f,
                        operands.floats(ROWS, 32),
                        operands.floats(ROWS, 4),
                        RowLimit.ALL));
        add(() ->
                new LayerNorm(
                        operands.floats(ROWS, WIDTH),
                        operands.floats(WIDTH),
                        1e-5f,
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS),
                        operands.floats(ROWS),
                        operands.limit(15, 2)));
        add(() ->
                new LayerNormBackward(
                        operands.floats(ROWS, WIDTH),
                        operands.floats(WIDTH),
                        operands.floats(ROWS),
                        operands.floats(ROWS),
                        operands.floats(ROWS, WIDTH),
                        Optional.of(operands.floats(ROWS, WIDTH)),
                        operands.floats(ROWS, WIDTH),
                        operands.floats(WIDTH),
                        operands.limit(15, 2)));
        add(() ->
                new RmsNormBackward(
                        operands.floats(ROWS, WIDTH),
                        operands.floats(WIDTH),
                        operands.floats(ROWS),
                        operands.floats(ROWS, WIDTH),
                        Optional.of(operands.floats(ROWS, WIDTH)),
                        operands.floats(ROWS, WIDTH),
                        operands.floats(WIDTH),
                        operands.limit(15, 2)));
    }

    private void products() {
        for (Precision precision : Precision.values()) {
            for (int form = 0; form < (precision == Precision.TF32 ? 1 : 4); form++) {
                boolean transposeA = form % 2 == 1;
                boolean transposeB = form / 2 == 1;
                int other = form;
                add(() -> {
                    Tensor c = operands.floats(ROWS, 70);
                    return new Gemm(
                            transposeA ? operands.floats(WIDTH, ROWS) : operands.floats(ROWS, WIDTH),
                            transposeA,
                            transposeB ? operands.floats(70, WIDTH) : operands.floats(WIDTH, 70),
                            transposeB,
                            addend(other, c),
                            c,
                            other == 3 ? RowLimit.ALL : operands.limit(17, 1),
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
                                operands.floats(ROWS, WIDTH - 1),
                                false,
                                transposeB ? operands.bfloats(71, WIDTH - 1) : operands.bfloats(WIDTH - 1, 71),
                                transposeB,
                                Optional.empty(),
                                operands.floats(ROWS, 71),
                                operands.limit(17, 1),
                                precision));
            }
        }
    }

    private Optional<Tensor> addend(int form, Tensor c) {
        return switch (form) {
            case 0 -> Optional.of(c);
            case 1 -> Optional.empty();
            default -> Optional.of(operands.floats(ROWS, 70));
        };
    }

    private void logits() {
        int r = ROWS - 2;
        add(() ->
                new CrossEntropy(
                        operands.floats(r, WIDTH),
                        operands.integers(31, WIDTH),
                        operands.limit(15, 2),
                        operands.floats(ROWS),
                        operands.floats(ROWS)));
        add(() ->
                new CrossEntropyBackward(
                        operands.floats(r, WIDTH),
                        operands.integers(31, WIDTH),
                        operands.floats(ROWS),
                        operands.floats(ROWS),
                        operands.limit(15, 2),
                        operands.floats(r, WIDTH)));
        add(() ->
                new Guide(
                        operands.floats(r, WIDTH),
                        operands.floats(r, WIDTH),
                        operands.floatsOf(1.5f),
                        operands.limit(15, 2),
                        operands.floats(r, WIDTH)));
        // The last leaves all as it is.
        for (float[] settings : new float[][] {{0, 5, 1}, {0.7f, 0, 0.6f}, {1, 9, 0.9f}, {0, 0, 1}}) {
            add(() -> new Truncate(operands.floats(r, WIDTH), operands.limit(15, 2), operands.floatsOf(settings)));
        }
        add(() ->
                new Penalize(
                        operands.floats(r, WIDTH),
                        operands.limit(15, 2),
                        operands.integersOf(1, 4, -1, 9, 0, 2),
                        operands.integers(0, ROWS),
                        operands.floatsOf(1.5f)));
        for (float temperature : new float[] {0, 0.8f}) {
            add(() ->
                    new Choose(
                            operands.floats(r, WIDTH),
                            operands.limit(15, 2),
                            operands.floatsOf(temperature),
                            operands.integersOf(0x89ABCDEF, 0x7FFF0123, 3, 1),
                            operands.integers(7919, 1 << 20),
                            operands.integers(1, ROWS),
                            operands.floats(ROWS),
                            operands.floats(ROWS),
                            operands.floats(ROWS)));
        }
    }

    private void optimizer() {
        add(() ->
                new MovingAverage(
                        operands.floats(ROWS, WIDTH), operands.floats(ROWS, WIDTH), operands.floatsOf(0.25f)));
        add(() -> new SumOfSquares(operands.floats(100, WIDTH), operands.floats(3), 1));
        add(() ->
                new AdamW(
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS, WIDTH),
                        operands.floats(ROWS, WIDTH),
                        secondMoment(),
                        operands.floatsOf(1, 2, 3),
                        operands.floatsOf(1e-3f, 0.9f, 0.95f, 1e-8f, 0.1f, 0.4f, 0.2f, 1)));
    }

    private Tensor secondMoment() {
        float[] values = new float[ROWS * WIDTH];
        Arrays.fill(values, 0.25f);
        return operands.floats(values, Shape.of(ROWS, WIDTH));
    }
}
