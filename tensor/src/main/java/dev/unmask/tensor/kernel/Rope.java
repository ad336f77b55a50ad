package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Rotary position embedding of some heads of each row, in place (METHOD §1.1, half-split convention): a head {@code [a,
 * b]} at position {@code p} becomes {@code [a·cos - b·sin, a·sin + b·cos]}; inverse: by the opposite angle. What else
 * stands in the rows is left alone.
 *
 * @param heads queries, keys or both, updated in place; of an even size
 * @param positions I32 {@code [N]}: the position of each row
 * @param table F32 {@code [P, size]}: of each position the cosines of {@code size/2} angles, then their sines
 * @param inverse whether to rotate back, as the gradient does
 */
public record Rope(HeadRows heads, Tensor positions, Tensor table, boolean inverse) implements Kernel {
    /** Checks the operands. */
    public Rope {
        Check.that("rope")
                .dtype(DType.F32, table)
                .dtype(DType.I32, positions)
                .is(heads.size() % 2 == 0, "head size %d is odd", heads.size())
                .is(table.shape().columns() == heads.size(), "%s does not fit heads of %d", table, heads.size())
                .elements(positions, heads.rows());
    }

    @Override
    public List<Tensor> inputs() {
        return List.of(heads.tensor(), positions, table);
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(heads.tensor());
    }

    @Override
    public List<Indices> indices() {
        return List.of(Indices.rows(positions, table));
    }
}
