package dev.unmask.tensor.reference;

import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Kernel;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Attention and its gradient on small operands, of every way in which a query may see some of the keys. */
final class SmallAttention {
    /** Positions that attention by products of a library is for. */
    private static final int LONG = 67;

    private final SmallOperands operands;
    private final List<Supplier<Kernel>> cases = new ArrayList<>();

    private SmallAttention(SmallOperands operands) {
        this.operands = operands;
        addAll();
    }

    /** The cases; each makes operands of its own, every time. */
    static List<Supplier<Kernel>> on(SmallOperands operands) {
        return new SmallAttention(operands).cases;
    }

    private void addAll() {
        for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
            attention(SmallCases.ROWS, Optional.of(lengths(SmallCases.ROWS, SmallCases.ROWS, 9)), precision);
            attention(SmallCases.ROWS, Optional.of(causal(SmallCases.ROWS)), precision);
            attention(3 * SmallCases.ROWS, Optional.of(blocks(3 * SmallCases.ROWS)), precision);
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
        cases.add(() -> {
            Tensor fused = operands.floats(2 * rows, SmallCases.HEADS.fusedWidth());
            return new Attention(
                    SmallCases.HEADS.queriesOf(fused),
                    SmallCases.HEADS.keysOf(fused),
                    SmallCases.HEADS.valuesOf(fused),
                    2,
                    seen(rows, ranges),
                    operands.floats(2 * rows, SmallCases.HEADS.width()),
                    operands.floats(2, SmallCases.HEADS.count(), rows),
                    precision);
        });
        cases.add(() -> {
            Tensor fused = operands.floats(2 * rows, SmallCases.HEADS.fusedWidth());
            Tensor out = operands.floats(2 * rows, SmallCases.HEADS.width());
            Tensor logSumExp = operands.floats(2, SmallCases.HEADS.count(), rows);
            Tensor outGradient = operands.floats(2 * rows, SmallCases.HEADS.width());
            Tensor delta = operands.floats(2, SmallCases.HEADS.count(), rows);
            Tensor gradient = operands.floats(2 * rows, SmallCases.HEADS.fusedWidth());
            return new AttentionBackward(
                    SmallCases.HEADS.queriesOf(fused),
                    SmallCases.HEADS.keysOf(fused),
                    SmallCases.HEADS.valuesOf(fused),
                    2,
                    seen(rows, ranges),
                    out,
                    logSumExp,
                    outGradient,
                    delta,
                    SmallCases.HEADS.queriesOf(gradient),
                    SmallCases.HEADS.keysOf(gradient),
                    SmallCases.HEADS.valuesOf(gradient),
                    precision);
        });
    }

    /** Queries, keys and values in tensors of their own, and more keys than queries. */
    private void apart() {
        int keys = SmallCases.ROWS + 5;
        int width = SmallCases.HEADS.groups() * SmallCases.HEADS.size();
        cases.add(() ->
                new Attention(
                        HeadRows.of(
                                operands.floats(2 * SmallCases.ROWS, SmallCases.HEADS.width() + 1),
                                1,
                                SmallCases.HEADS.count(),
                                SmallCases.HEADS.size()),
                        HeadRows.of(
                                operands.floats(2 * keys, width),
                                0,
                                SmallCases.HEADS.groups(),
                                SmallCases.HEADS.size()),
                        HeadRows.of(
                                operands.floats(2 * keys, width + 2),
                                2,
                                SmallCases.HEADS.groups(),
                                SmallCases.HEADS.size()),
                        2,
                        Optional.empty(),
                        operands.floats(2 * SmallCases.ROWS, SmallCases.HEADS.width()),
                        operands.floats(2, SmallCases.HEADS.count(), SmallCases.ROWS),
                        Precision.F32));
    }
}
