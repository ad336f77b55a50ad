package dev.unmask.tornado;

import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.reference.SmallCases.Operands;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Attention and its gradient in the shapes that {@link FusedAttention} is for: heads of the size that it is compiled
 * for, and of one that is padded; groups of heads; rows of which the last tile is partly full; queries that see all
 * keys, those before them, two ranges, or none.
 *
 * @param operands where the operands come from
 * @param tuning what is compiled
 */
record FusedCases(Operands operands, AttentionTuning tuning) {
    private static final int SHORT = 77;
    private static final int LONG = 150;

    /** Of the log-sum-exp of the gradient's cases: somewhat more than the logarithm of the keys. */
    private static final float LOG_SUM_EXP = 6f;

    /** The cases; each makes operands of its own. */
    List<Supplier<Kernel>> all() {
        List<Supplier<Kernel>> cases = new ArrayList<>();
        add(cases, new Heads(4, 2, tuning.size()), SHORT, Optional.of(twoRanges(SHORT)));
        add(cases, new Heads(2, 1, tuning.size()), LONG, Optional.of(causal(LONG)));
        add(cases, new Heads(2, 2, tuning.size() - 12), LONG, Optional.empty());
        return cases;
    }

    private void add(List<Supplier<Kernel>> cases, Heads heads, int rows, Optional<int[]> ranges) {
        cases.add(() -> {
            Tensor fused = floats(1, rows, heads.fusedWidth());
            return new Attention(
                    heads.queriesOf(fused),
                    heads.keysOf(fused),
                    heads.valuesOf(fused),
                    1,
                    seen(rows, ranges),
                    floats(2, rows, heads.width()),
                    floats(3, 1, heads.count(), rows),
                    tuning.precision());
        });
        cases.add(() -> {
            Tensor fused = floats(4, rows, heads.fusedWidth());
            Tensor gradient = floats(5, rows, heads.fusedWidth());
            return new AttentionBackward(
                    heads.queriesOf(fused),
                    heads.keysOf(fused),
                    heads.valuesOf(fused),
                    1,
                    seen(rows, ranges),
                    floats(6, rows, heads.width()),
                    logSumExp(heads.count(), rows),
                    floats(7, rows, heads.width()),
                    floats(8, 1, heads.count(), rows),
                    heads.queriesOf(gradient),
                    heads.keysOf(gradient),
                    heads.valuesOf(gradient),
                    tuning.precision());
        });
    }

    private Tensor floats(int phase, int... extents) {
        Shape shape = Shape.of(extents);
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(0.7 * i + 0.01 * (i % 97) * i + phase);
        }
        return operands.floats(values, shape);
    }

    private Tensor logSumExp(int heads, int rows) {
        float[] values = new float[heads * rows];
        Arrays.fill(values, LOG_SUM_EXP);
        return operands.floats(values, Shape.of(1, heads, rows));
    }

    private Optional<Tensor> seen(int rows, Optional<int[]> ranges) {
        return ranges.map(r -> operands.integers(r, Shape.of(rows, Attention.RANGES)));
    }

    private static int[] causal(int rows) {
        int[] ranges = new int[rows * Attention.RANGES];
        for (int i = 0; i < rows; i++) {
            ranges[i * Attention.RANGES + 1] = i + 1;
        }
        return ranges;
    }

    /** All before a block and the block itself; every seventh row sees none. */
    private static int[] twoRanges(int rows) {
        int[] ranges = new int[rows * Attention.RANGES];
        for (int i = 0; i < rows; i++) {
            if (i % 7 < 6) {
                int at = i * Attention.RANGES;
                ranges[at] = i / 40;
                ranges[at + 1] = i / 10 * 5;
                ranges[at + 2] = i / 10 * 10;
                ranges[at + 3] = 10;
            }
        }
        return ranges;
    }
}
