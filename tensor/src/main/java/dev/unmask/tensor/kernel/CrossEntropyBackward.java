package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Gradient of {@link CrossEntropy} for the loss {@code Σ_entries weight · loss}: {@code dLogit_v = weight · (e^(logit_v
 * - logSumExp) - [v = target])}, for the live rows.
 *
 * @param logits F32 {@code [r, V]}
 * @param targets I32 {@code [R]}
 * @param weights F32 {@code [R]}: what each loss counts
 * @param logSumExp F32 {@code [R]}, from the forward kernel
 * @param limit which entries the logits stand for
 * @param logitsGradient F32 {@code [r, V]}; may be {@code logits} itself
 */
public record CrossEntropyBackward(
        Tensor logits, Tensor targets, Tensor weights, Tensor logSumExp, RowLimit limit, Tensor logitsGradient)
        implements Kernel {
    /** Checks the operands. */
    public CrossEntropyBackward {
        Check.that("crossEntropyBackward")
                .dtype(DType.F32, logits, weights, logSumExp, logitsGradient)
                .dtype(DType.I32, targets)
                .is(
                        limit.first() + (long) logits.shape().rows() <= targets.shape().elements(),
                        "%s does not have %d entries from %d on",
                        targets,
                        logits.shape().rows(),
                        limit.first())
                .sameShape(logits, logitsGradient)
                .sameShape(targets, weights, logSumExp);
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(logits, targets, weights, logSumExp).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(logitsGradient);
    }

    @Override
    public List<Indices> indices() {
        return List.of(
                new Indices(targets, logits.shape().columns(), "columns of " + logits, limit, logits.shape().rows()));
    }
}
