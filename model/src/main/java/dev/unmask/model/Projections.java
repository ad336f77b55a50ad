package dev.unmask.model;

import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;

import java.util.List;
import java.util.Optional;

/**
 * Makes queries, keys and values: by one matrix, whose rows hold all three, or by three.
 *
 * @param heads of the model
 * @param maps one linear map, or those of queries, keys and values
 * @param norms of each head of queries and of keys, before they are turned; empty: none
 * @param rotary F32 {@code [P, size]}, the table of rotary positions; empty: heads are not turned
 */
record Projections(Heads heads, List<Linear> maps, List<Norm> norms, Optional<Tensor> rotary) {
    /** What attention takes. */
    record Made(HeadRows queries, HeadRows keys, HeadRows values) {}

    Made of(Ops ops, Tensor x, TokenBatch input) {
        return maps.size() == 1 ? fused(ops, x, input) : separate(ops, x, input);
    }

    private Made fused(Ops ops, Tensor x, TokenBatch input) {
        Tensor fused = maps.getFirst().of(ops, x);
        rotary.ifPresent(table -> ops.rope(heads.queriesAndKeysOf(fused), input.positions(), table));
        return new Made(heads.queriesOf(fused), heads.keysOf(fused), heads.valuesOf(fused));
    }

    private Made separate(Ops ops, Tensor x, TokenBatch input) {
        HeadRows queries = turned(ops, x, 0, heads.count(), input);
        HeadRows keys = turned(ops, x, 1, heads.groups(), input);
        return new Made(queries, keys, HeadRows.of(maps.get(2).of(ops, x), 0, heads.groups(), heads.size()));
    }

    private HeadRows turned(Ops ops, Tensor x, int kind, int count, TokenBatch input) {
        Tensor made = maps.get(kind).of(ops, x);
        if (!norms.isEmpty()) {
            made = norms.get(kind).of(ops, made);
        }
        HeadRows rows = HeadRows.of(made, 0, count, heads.size());
        rotary.ifPresent(table -> ops.rope(rows, input.positions(), table));
        return rows;
    }
}
