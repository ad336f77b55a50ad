package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Gradient of {@link Embed}: adds row {@code n} of {@code outGradient} to row {@code ids[n]} of the table's gradient,
 * in the order of {@code n}.
 *
 * @param ids I32 {@code [N]}
 * @param outGradient F32 {@code [N, C]}
 * @param tableGradient F32 {@code [V, C]}, added to
 */
public record EmbedBackward(Tensor ids, Tensor outGradient, Tensor tableGradient) implements Kernel {
    /** Checks the operands. */
    public EmbedBackward {
        Check.that("embedBackward")
                .dtype(DType.I32, ids)
                .dtype(DType.F32, outGradient, tableGradient)
                .matrix(outGradient, Math.toIntExact(ids.shape().elements()), tableGradient.shape().columns());
    }

    @Override
    public List<Tensor> inputs() {
        return List.of(ids, outGradient, tableGradient);
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(tableGradient);
    }

    @Override
    public List<Indices> indices() {
        return List.of(Indices.rows(ids, tableGradient));
    }
}
