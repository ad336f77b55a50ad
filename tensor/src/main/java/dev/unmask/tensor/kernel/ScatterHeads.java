package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Copies heads of each row to a row of another tensor, as new keys and values join a cache. Other rows, and what else
 * stands in these, stay as they are.
 *
 * @param source heads of {@code N} rows
 * @param rows I32 {@code [N]}: the row of the target that each row goes to, all different
 * @param target as many heads, of the same size
 */
public record ScatterHeads(HeadRows source, Tensor rows, HeadRows target) implements Kernel {
    /** Checks the operands. */
    public ScatterHeads {
        Check.that("scatterHeads")
                .dtype(DType.I32, rows)
                .elements(rows, source.rows())
                .is(source.tensor() != target.tensor(), "%s is source and target", source.tensor())
                .is(
                        source.count() == target.count() && source.size() == target.size(),
                        "%d heads of %d elements do not fit %d heads of %d",
                        source.count(),
                        source.size(),
                        target.count(),
                        target.size());
    }

    @Override
    public List<Tensor> inputs() {
        return List.of(source.tensor(), rows, target.tensor());
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(target.tensor());
    }

    @Override
    public List<Indices> indices() {
        return List.of(Indices.rows(rows, target.tensor()));
    }
}
