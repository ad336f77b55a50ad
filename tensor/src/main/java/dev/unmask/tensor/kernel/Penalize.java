package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Makes tokens less likely that stand in a row's sequence already, in place, for the live rows: a positive logit is
 * divided by the penalty, another multiplied (Keskar et al. 2019).
 *
 * @param logits F32 {@code [r, V]}: replaced
 * @param limit which entries the logits stand for
 * @param seen I32 {@code [S, W]}: the different tokens of each sequence; numbers outside {@code [0, V)} stand for none
 * @param sequences I32 {@code [R]}: the sequence of each entry
 * @param penalty F32 {@code [1]}: above 0; 1 changes nothing
 */
public record Penalize(Tensor logits, RowLimit limit, Tensor seen, Tensor sequences, Tensor penalty) implements Kernel {
    /** Checks the operands. */
    public Penalize {
        Check.that("penalize")
                .dtype(DType.F32, logits, penalty)
                .dtype(DType.I32, seen, sequences)
                .elements(penalty, 1)
                .is(
                        limit.first() + (long) logits.shape().rows() <= sequences.shape().elements(),
                        "%s does not have %d entries from %d on",
                        sequences,
                        logits.shape().rows(),
                        limit.first());
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(logits, seen, sequences, penalty).and(limit).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(logits);
    }

    @Override
    public List<Indices> indices() {
        return List.of(new Indices(sequences, seen.shape().rows(), "rows of " + seen, limit, logits.shape().rows()));
    }
}
