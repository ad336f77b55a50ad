package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.Kernel;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Rotary position embedding of the queries and keys of fused rows, in place (METHOD §1.1, half-split convention): a
 * head {@code [a, b]} at position {@code p} becomes {@code [a·cos - b·sin, a·sin + b·cos]}; inverse: by the opposite
 * angle. Values are left alone.
 *
 * @param fused F32 {@code [N, (H + 2G)·size]}, updated in place
 * @param heads the layout of a fused row
 * @param positions I32 {@code [N]}: the position of each row
 * @param table F32 {@code [P, size]}: of each position the cosines of {@code size/2} angles, then their sines
 * @param inverse whether to rotate back, as the gradient does
 */
public record Rope(Tensor fused, Heads heads, Tensor positions, Tensor table, boolean inverse) implements Kernel {
    /** Checks the operands. */
    public Rope {
        Check.that("rope")
                .dtype(DType.F32, fused, table)
                .dtype(DType.I32, positions)
                .is(fused.shape().columns() == heads.fusedWidth(), "%s does not fit %s", fused, heads)
                .is(table.shape().columns() == heads.size(), "%s does not fit %s", table, heads)
                .elements(positions, fused.shape().rows());
    }

    @Override
    public List<Tensor> inputs() {
        return List.of(fused, positions, table);
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(fused);
    }

    @Override
    public List<Indices> indices() {
        return List.of(Indices.rows(positions, table));
    }
}
