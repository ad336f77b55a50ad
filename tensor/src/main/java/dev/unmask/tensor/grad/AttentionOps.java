package dev.unmask.tensor.grad;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Tape.Slot;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Rope;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Attention and positions, with gradients. */
record AttentionOps(Ops ops) {
    void rope(HeadRows heads, Tensor positions, Tensor table) {
        ops.requireAllRows("rope");
        ops.recorder().add(new Rope(heads, positions, table, false));
        ops.tape()
                .filter(t -> t.needs(heads.tensor()))
                .ifPresent(t ->
                        t.push(() ->
                                t.gradient(heads.tensor())
                                        .ifPresent(gradient ->
                                                ops.recorder()
                                                        .add(new Rope(heads.in(gradient), positions, table, true)))));
    }

    Tensor attention(HeadRows queries, HeadRows keys, HeadRows values, int batch, Optional<Tensor> seen) {
        ops.requireAllRows("attention");
        int rows = queries.rows();
        Tensor out = ops.temporary("attention", rows, queries.count() * queries.size());
        Tensor logSumExp = ops.temporary("attention log-sum-exp", batch, queries.count(), rows / batch);
        ops.recorder().add(new Attention(queries, keys, values, batch, seen, out, logSumExp, ops.precision()));
        ops.back(
                out,
                List.of(queries.tensor(), keys.tensor(), values.tensor()),
                (t, outGradient) -> {
                    Tensor delta = ops.temporary("attention delta", batch, queries.count(), rows / batch);
                    Map<Tensor, Tensor> gradients = gradientsOf(t, List.of(queries, keys, values));
                    ops.recorder()
                            .add(
                                    new AttentionBackward(
                                            queries,
                                            keys,
                                            values,
                                            batch,
                                            seen,
                                            out,
                                            logSumExp,
                                            outGradient,
                                            delta,
                                            queries.in(gradients.get(queries.tensor())),
                                            keys.in(gradients.get(keys.tensor())),
                                            values.in(gradients.get(values.tensor())),
                                            ops.precision()));
                });
        return out;
    }

    /** Where the gradients of heads go, by the tensors that hold them; these must hold nothing else. */
    private static Map<Tensor, Tensor> gradientsOf(Tape tape, List<HeadRows> operands) {
        Map<Tensor, BitSet> taken = new LinkedHashMap<>();
        for (HeadRows heads : operands) {
            taken.computeIfAbsent(heads.tensor(), _ -> new BitSet()).or(heads.taken());
        }
        Map<Tensor, Tensor> gradients = new LinkedHashMap<>();
        taken.forEach((tensor, columns) -> {
            Slot slot = tape.into(tensor);
            Check.that("attentionBackward")
                    .is(!slot.holds(), "%s is used by more than attention", tensor)
                    .is(
                            columns.cardinality() == tensor.shape().columns(),
                            "%s holds columns that are neither queries, keys nor values",
                            tensor);
            gradients.put(tensor, slot.gradient());
        });
        return gradients;
    }
}
