package dev.unmask.vector.attention;

import dev.unmask.tensor.Precision;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.vector.lanes.BFloat16Rows;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.HeadAddresses;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

/**
 * The gradient of attention in tiles, weights recomputed from the log-sum-exp (Dao et al., FlashAttention, arXiv
 * 2205.14135, algorithm 4). A task is a query group of a sequence, so that every sum has one owner and one order.
 * Factors in bfloat16 are rounded where the tiles lie.
 */
public final class TiledAttentionBackward implements TaskKernel {
    private final AttentionLayout layout;
    private final long out;
    private final long logSumExp;
    private final long outGradient;
    private final long delta;
    private final HeadAddresses queryGradient;
    private final HeadAddresses keyGradient;
    private final HeadAddresses valueGradient;
    private final int size;
    private final boolean rounding;
    private final TileProduct tileProduct;
    private final Workspace workspace;
    private final long headBytes;
    private final long keysBytes;

    private TiledAttentionBackward(AttentionBackward kernel, Operands operands) {
        layout = AttentionLayout.of(kernel, operands);
        out = operands.address(kernel.out());
        logSumExp = operands.address(kernel.logSumExp());
        outGradient = operands.address(kernel.outGradient());
        delta = operands.address(kernel.delta());
        queryGradient = HeadAddresses.of(kernel.queryGradient(), operands);
        keyGradient = HeadAddresses.of(kernel.keyGradient(), operands);
        valueGradient = HeadAddresses.of(kernel.valueGradient(), operands);
        size = layout.size;
        rounding = kernel.precision() == Precision.BF16;
        headBytes = (long) size * Float.BYTES;
        tileProduct = new TileProduct(operands.float32Code());
        workspace = operands.workspace();
        keysBytes = headBytes * Math.ceilDiv(layout.keyLength, Tiles.KEYS) * Tiles.KEYS;
        workspace.reserveEach(
                4 * keysBytes
                        + 3 * headBytes * Tiles.QUERIES
                        + 2 * size * Tiles.ROW
                        + Math.max(2 * Tiles.KEYS, size) * Tiles.ROW);
    }

    public static BoundKernel bind(AttentionBackward kernel, Operands operands) {
        if (kernel.precision() != Precision.BF16) {
            return new TiledAttentionBackward(kernel, operands);
        }
        return operands.machineCode()
                .<BoundKernel>map(code -> new PanelAttentionBackward(kernel, new PanelProduct(code), operands))
                .orElseGet(() -> new TiledAttentionBackward(kernel, operands));
    }

    @Override
    public int tasks() {
        return layout.batch * layout.groups;
    }

    @Override
    public void run(Workers workers) {
        layout.seen.read(workers);
        TaskKernel.super.run(workers);
    }

    @Override
    public void run(int task, int worker) {
        int group = task % layout.groups;
        int sequence = task / layout.groups;
        int keys = layout.seen.end(sequence, 0, layout.queryLength);
        int length = layout.keyLength;
        long row = layout.keyRow(sequence, 0);

        long ofKeys = workspace.of(worker);
        long ofValues = ofKeys + keysBytes;
        long keyGradients = ofValues + keysBytes;
        long valueGradients = keyGradients + keysBytes;
        Tiles.copy(layout.keys.at(row, group), layout.keys.stride(), keys, size, ofKeys);
        Tiles.copy(layout.values.at(row, group), layout.values.stride(), keys, size, ofValues);
        round(ofKeys, keys * size);
        round(ofValues, keys * size);
        Floats.fill(keyGradients, length * size, 0);
        Floats.fill(valueGradients, length * size, 0);
        for (int head = group * layout.perGroup; head < (group + 1) * layout.perGroup; head++) {
            for (int query = 0; query < layout.queryLength; query += Tiles.QUERIES) {
                queries(sequence, head, query, ofKeys);
            }
        }
        Tiles.paste(keyGradients, length, size, keyGradient.at(row, group), keyGradient.stride());
        Tiles.paste(valueGradients, length, size, valueGradient.at(row, group), valueGradient.stride());
    }

    /**
     * What a tile of queries takes part in.
     *
     * @param ofKeys keys, values, gradients of keys, of values, each of {@link #keysBytes}; room for tiles follows
     */
    private void queries(int sequence, int head, int query, long ofKeys) {
        long queryTile = ofKeys + 4 * keysBytes;
        long dyTile = queryTile + headBytes * Tiles.QUERIES;
        long gradient = dyTile + headBytes * Tiles.QUERIES;
        long queriesTransposed = gradient + headBytes * Tiles.QUERIES;
        long dyTransposed = queriesTransposed + size * Tiles.ROW;
        long tiles = dyTransposed + size * Tiles.ROW;

        int rows = Math.min(Tiles.QUERIES, layout.queryLength - query);
        long row = layout.row(sequence, query);
        long o = layout.out(sequence, head, query);
        long perQuery = layout.number(sequence, head, query);
        long outStride = layout.outStride;
        Tiles.copy(layout.queries.at(row, head), layout.queries.stride(), rows, size, queryTile);
        Tiles.copy(outGradient + o, outStride, rows, size, dyTile);
        Tiles.transpose(queryTile, headBytes, rows, size, queriesTransposed);
        Tiles.transpose(dyTile, headBytes, rows, size, dyTransposed);
        Floats.fill(gradient, rows * size, 0);
        Tiles.transpose(out + o, outStride, rows, size, tiles);
        ScoreTile.dot(dyTransposed, tiles, size, rows, delta + perQuery);
        round(queryTile, rows * size);
        round(dyTile, rows * size);
        round(queriesTransposed, size * Tiles.QUERIES);
        round(dyTransposed, size * Tiles.QUERIES);

        long seen = layout.seen.tile(sequence, query);
        int end = SeenKeys.end(seen);
        for (int key = SeenKeys.firstTile(seen); key < end; key += Tiles.KEYS) {
            int there = Math.min(Tiles.KEYS, end - key);
            if (SeenKeys.any(seen, key, there)) {
                tile(rows, key, there, seen, ofKeys, perQuery);
            }
        }
        Tiles.paste(gradient, rows, size, queryGradient.at(row, head), queryGradient.stride());
    }

    /**
     * A tile of queries and a tile of keys.
     *
     * @param rows how many queries
     * @param key the first key
     * @param there how many keys
     * @param seen what the queries see, an entry of {@link SeenKeys}
     * @param ofKeys as in {@link #queries}; behind the gradients of values lie queries, gradients of what came out,
     *     gradients of queries, both of the former transposed, and room
     * @param perQuery where numbers of the first query lie
     */
    private void tile(int rows, int key, int there, long seen, long ofKeys, long perQuery) {
        long keyTile = ofKeys + key * headBytes;
        long queryTile = ofKeys + 4 * keysBytes;
        long valueTile = keyTile + keysBytes;
        long keyGradients = valueTile + keysBytes;
        long valueGradients = keyGradients + keysBytes;
        long dyTile = queryTile + headBytes * Tiles.QUERIES;
        long gradient = dyTile + headBytes * Tiles.QUERIES;
        long queriesTransposed = gradient + headBytes * Tiles.QUERIES;
        long dyTransposed = queriesTransposed + size * Tiles.ROW;
        long weights = dyTransposed + size * Tiles.ROW;
        long scores = weights + Tiles.KEYS * Tiles.ROW;
        long step = Float.BYTES;

        product(there, Tiles.pairs(rows), keyTile, queriesTransposed, weights);
        product(there, Tiles.pairs(rows), valueTile, dyTransposed, scores);
        SeenKeys.hide(seen, weights, key, there, Tiles.columns(rows));
        ScoreTile.differentiate(weights, scores, there, rows, layout.scale, logSumExp + perQuery, delta + perQuery);
        round(weights, there * Tiles.QUERIES);
        round(scores, there * Tiles.QUERIES);
        gather(there, rows, weights, dyTile, valueGradients);
        gather(there, rows, scores, queryTile, keyGradients);
        tileProduct.run(rows, size, there, scores, step, Tiles.ROW, keyTile, headBytes, gradient, headBytes, true);
    }

    private void round(long tile, int elements) {
        if (rounding) {
            BFloat16Rows.roundInPlace(tile, Tiles.columns(elements));
        }
    }

    /** Of each key with each query, over the dimensions of a head. */
    private void product(int there, int columns, long ofKeys, long ofQueries, long target) {
        long step = Float.BYTES;
        tileProduct.run(there, columns, size, ofKeys, headBytes, step, ofQueries, Tiles.ROW, target, Tiles.ROW, false);
    }

    /** To each key, the queries that weigh it. */
    private void gather(int there, int rows, long weights, long ofQueries, long ofKeys) {
        long step = Float.BYTES;
        tileProduct.run(there, size, rows, weights, Tiles.ROW, step, ofQueries, headBytes, ofKeys, headBytes, true);
    }
}
