package dev.unmask.tensor.grad;

import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.ScatterRows;

import java.util.List;

/** Rows that are looked up or picked, with gradients. */
record RowOps(Ops ops) {
    Tensor embed(Tensor ids, Tensor table) {
        ops.requireAllRows("embed");
        int rows = Math.toIntExact(ids.shape().elements());
        Tensor out = ops.temporary("embedding", rows, table.shape().columns());
        ops.recorder().add(new Embed(ids, table, out));
        ops.back(
                out,
                List.of(table),
                (t, outGradient) -> {
                    ops.recorder().add(new EmbedBackward(ids, outGradient, ops.cleared(t, table).gradient()));
                });
        return out;
    }

    Tensor gather(Tensor source, Tensor rows, RowLimit live, int size) {
        Tensor out = ops.temporary("rows of " + source.name(), size, source.shape().columns());
        ops.recorder().add(new GatherRows(source, rows, live, out));
        ops.back(
                out,
                List.of(source),
                (t, outGradient) ->
                        ops.recorder()
                                .add(
                                        new ScatterRows(
                                                outGradient, rows, live, true, ops.cleared(t, source).gradient())));
        return out;
    }
}
