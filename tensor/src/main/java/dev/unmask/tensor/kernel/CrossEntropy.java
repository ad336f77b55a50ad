package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Cross-entropy of each live row, natural logarithm: {@code loss = ln Σ_v e^logit_v - logit_target}. Row {@code r} of
 * the logits stands for entry {@code first + r} of the other operands.
 *
 * @param logits F32 {@code [r, V]}
 * @param targets I32 {@code [R]}: the right token of each entry, below {@code V}
 * @param limit which entries the logits stand for
 * @param losses F32 {@code [R]}: nats
 * @param logSumExp F32 {@code [R]}, kept for the gradient
 */
public record CrossEntropy(Tensor logits, Tensor targets, RowLimit limit, Tensor losses, Tensor logSumExp)
        implements Kernel {
    /** Checks the operands. */
    public CrossEntropy {
        Check.that("crossEntropy")
                .dtype(DType.F32, logits, losses, logSumExp)
                .dtype(DType.I32, targets)
                .is(
                        limit.first() + (long) logits.shape().rows() <= targets.shape().elements(),
                        "%s does not have %d entries from %d on",
                        targets,
                        logits.shape().rows(),
                        limit.first())
                .sameShape(targets, losses, logSumExp);
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(logits, targets).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(losses, logSumExp);
    }

    @Override
    public List<Indices> indices() {
        return List.of(
                new Indices(targets, logits.shape().columns(), "columns of " + logits, limit, logits.shape().rows()));
    }
}
