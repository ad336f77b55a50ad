package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.Tensor;

import java.util.List;

/**
 * Token embedding: row {@code n} of the result is row {@code ids[n]} of the table.
 *
 * @param ids I32 {@code [N]}
 * @param table F32 or BF16 {@code [V, C]}
 * @param out F32 {@code [N, C]}
 */
public record Embed(Tensor ids, Tensor table, Tensor out) implements Kernel {
    /** Checks the operands. */
    public Embed {
        Check.that("embed")
                .dtype(DType.I32, ids)
                .dtype(DType.F32, out)
                .is(table.dtype() == DType.F32 || table.dtype() == DType.BF16, "%s is not F32 or BF16", table)
                .matrix(out, Math.toIntExact(ids.shape().elements()), table.shape().columns());
    }

    @Override
    public List<Tensor> inputs() {
        return List.of(ids, table);
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out);
    }

    @Override
    public List<Indices> indices() {
        return List.of(Indices.rows(ids, table));
    }
}
