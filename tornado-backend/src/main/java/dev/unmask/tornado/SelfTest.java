package dev.unmask.tornado;

import dev.unmask.tensor.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Kernel;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.AdamW;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;
import dev.unmask.tensor.kernel.Rope;
import dev.unmask.tensor.kernel.ScatterRows;
import dev.unmask.tensor.kernel.SumOfSquares;
import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs every kernel on a small case and compares with {@link PlainKernels}: TornadoVM is known to compile some things
 * into something else without a word, and which ones differs between drivers.
 *
 * <p>The sizes are such that groups and tiles are only partly full. Inputs are sines of different phases.
 */
final class SelfTest {
    /** Rows; more than a tile of attention. */
    static final int ROWS = 19;

    /** Columns; more than a group of a row has threads. */
    static final int WIDTH = 134;

    /** Layout of fused rows of {@link #WIDTH} or fewer columns: {@code (4 + 2·2)·6 = 48}. */
    static final Heads HEADS = new Heads(4, 2, 6);

    private static final double TOLERANCE = 2e-4;

    private final Backend backend;
    private final List<String> wrong = new ArrayList<>();
    private int phase;

    private SelfTest(Backend backend) {
        this.backend = backend;
    }

    /** The kernels whose results are wrong on a device; none if all is well. */
    static List<String> wrongKernels(Backend backend) {
        SelfTest test = new SelfTest(backend);
        test.elements();
        test.rows();
        test.products();
        test.attention();
        test.logits();
        test.optimizer();
        return List.copyOf(test.wrong);
    }

    private Tensor floats(int... extents) {
        Shape shape = Shape.of(extents);
        Tensor tensor = backend.allocate("self-test", DType.F32, shape);
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(0.7 * i + phase);
        }
        phase++;
        tensor.set(values);
        return tensor;
    }

    private Tensor floatsOf(float... values) {
        Tensor tensor = backend.allocate("self-test", DType.F32, Shape.of(values.length));
        tensor.set(values);
        return tensor;
    }

    private Tensor integersOf(int... values) {
        Tensor tensor = backend.allocate("self-test", DType.I32, Shape.of(values.length));
        tensor.set(values);
        return tensor;
    }

    /** Multiples of a factor that is prime to the bound: all different. */
    private Tensor integers(int factor, int bound) {
        int[] values = new int[ROWS];
        for (int i = 0; i < ROWS; i++) {
            values[i] = i * factor % bound;
        }
        return integersOf(values);
    }

    private void check(Kernel kernel) {
        PlainKernels plain = new PlainKernels(kernel);
        backend.run(kernel);
        plain.run();
        for (Tensor output : kernel.outputs()) {
            double[] expected = plain.values(output);
            double[] found = PlainKernels.download(output);
            for (int i = 0; i < expected.length; i++) {
                if (!(Math.abs(found[i] - expected[i]) <= TOLERANCE * Math.max(1, Math.abs(expected[i])))) {
                    wrong.add(
                            "%s gives %s instead of %s"
                                    .formatted(kernel.getClass().getSimpleName(), found[i], expected[i]));
                    return;
                }
            }
        }
    }

    private void elements() {
        check(new Fill(floats(ROWS, WIDTH), -1.5f));
        check(new Copy(floats(ROWS, WIDTH), floats(ROWS, WIDTH)));
        check(new Copy(integers(5, 100), integers(3, 100)));
        check(new Add(floats(ROWS, WIDTH), floats(ROWS, WIDTH), floats(ROWS, WIDTH)));
        RowLimit limit = RowLimit.of(integersOf(15), 2);
        check(new SwiGlu(floats(ROWS, WIDTH), floats(ROWS, WIDTH), floats(ROWS, WIDTH), limit));
        check(
                new SwiGluBackward(
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        limit));
        check(new Embed(integers(3, 7), floats(7, WIDTH), floats(ROWS, WIDTH)));
        check(new GatherRows(floats(ROWS, WIDTH), integers(4, ROWS), limit, floats(ROWS - 2, WIDTH)));
        check(new ScatterRows(floats(ROWS - 2, WIDTH), integers(4, ROWS), limit, true, floats(ROWS, WIDTH)));
        Tensor table = floats(30, HEADS.size());
        check(new Rope(floats(ROWS, HEADS.fusedWidth()), HEADS, integers(7, 30), table, false));
        check(new Rope(floats(ROWS, HEADS.fusedWidth()), HEADS, integers(7, 30), table, true));
    }

    private void rows() {
        check(new EmbedBackward(integers(3, 7), floats(ROWS, WIDTH), floats(7, WIDTH)));
        RowLimit limit = RowLimit.of(integersOf(15), 2);
        check(new RmsNorm(floats(ROWS, WIDTH), floats(WIDTH), 1e-5f, floats(ROWS, WIDTH), floats(ROWS), limit));
        check(
                new RmsNormBackward(
                        floats(ROWS, WIDTH),
                        floats(WIDTH),
                        floats(ROWS),
                        floats(ROWS, WIDTH),
                        Optional.of(floats(ROWS, WIDTH)),
                        floats(ROWS, WIDTH),
                        floats(WIDTH),
                        limit));
    }

    private void products() {
        for (Precision precision : Precision.values()) {
            for (int form = 0; form < 4; form++) {
                boolean transposeA = form % 2 == 1;
                boolean transposeB = form / 2 == 1;
                check(
                        new Gemm(
                                transposeA ? floats(WIDTH, ROWS) : floats(ROWS, WIDTH),
                                transposeA,
                                transposeB ? floats(70, WIDTH) : floats(WIDTH, 70),
                                transposeB,
                                Optional.of(floats(ROWS, 70)),
                                floats(ROWS, 70),
                                RowLimit.of(integersOf(17), 1),
                                precision));
            }
        }
    }

    private void attention() {
        for (Precision precision : Precision.values()) {
            attention(false, precision);
            attention(true, precision);
        }
    }

    private void attention(boolean causal, Precision precision) {
        Tensor fused = floats(2 * ROWS, HEADS.fusedWidth());
        Optional<Tensor> lengths = Optional.of(integersOf(ROWS, 9));
        Tensor out = floats(2 * ROWS, HEADS.width());
        Tensor sums = floats(2, HEADS.count(), ROWS);
        // Every query of the second sequence has keys only if it is not causal.
        Optional<Tensor> limits = causal ? Optional.empty() : lengths;
        check(new Attention(fused, fused, HEADS, 2, causal, limits, out, sums, precision));
        check(
                new AttentionBackward(
                        fused,
                        HEADS,
                        2,
                        causal,
                        limits,
                        out,
                        sums,
                        floats(2 * ROWS, HEADS.width()),
                        floats(2, HEADS.count(), ROWS),
                        floats(2 * ROWS, HEADS.fusedWidth()),
                        precision));
    }

    private void logits() {
        RowLimit limit = RowLimit.of(integersOf(15), 2);
        int r = ROWS - 2;
        Tensor logits = floats(r, WIDTH);
        Tensor targets = integers(31, WIDTH);
        Tensor sums = floats(ROWS);
        check(new CrossEntropy(logits, targets, limit, floats(ROWS), sums));
        check(new CrossEntropyBackward(logits, targets, floats(ROWS), sums, limit, floats(r, WIDTH)));
        check(new Guide(logits, floats(r, WIDTH), floatsOf(1.5f), limit, floats(r, WIDTH)));
        for (float temperature : new float[] {0, 0.8f}) {
            check(
                    new Choose(
                            logits,
                            limit,
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
        check(new SumOfSquares(floats(100, WIDTH), floats(3), 1));
        Tensor secondMoment = floats(ROWS, WIDTH);
        backend.run(new Fill(secondMoment, 0.25f));
        check(
                new AdamW(
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        floats(ROWS, WIDTH),
                        secondMoment,
                        floatsOf(1, 2, 3),
                        floatsOf(1e-3f, 0.9f, 0.95f, 1e-8f, 0.1f, 0.4f, 0.2f, 1)));
    }
}
