package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Rules out tokens of small probability, in place, for the live rows: top-k and top-p.
 *
 * <p>First stay the {@code k} largest logits of a row, with all that equal the last of them; {@code k = 0}: all. Of
 * these then stay the tokens before which, in falling order, tokens of {@code p} or less stand together, by {@code
 * softmax(logits / T)} of those that stayed; equals stay together. At least the largest stays. What is ruled out
 * becomes {@link #NEVER}.
 *
 * @param logits F32 {@code [r, V]}: replaced
 * @param limit which rows are live
 * @param settings F32 {@code [3]}: {@link #TEMPERATURE} {@code T} (0 counts as 1), {@link #TOP_K} {@code k}, a whole
 *     number, {@link #TOP_P} {@code p} in [0, 1]; 1: all
 */
public record Truncate(Tensor logits, RowLimit limit, Tensor settings) implements Kernel {
    /** A logit that leaves no probability. Infinity would serve the CPU, but some devices take {@code ∞ - ∞}. */
    public static final float NEVER = -1e30f;

    /** Index of the temperature in the settings. */
    public static final int TEMPERATURE = 0;

    /** Index of how many tokens stay in the settings. */
    public static final int TOP_K = 1;

    /** Index of how much probability stays in the settings. */
    public static final int TOP_P = 2;

    /** Checks the operands. */
    public Truncate {
        Check.that("truncate").dtype(DType.F32, logits, settings).elements(settings, 3);
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(logits, settings).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(logits);
    }
}
