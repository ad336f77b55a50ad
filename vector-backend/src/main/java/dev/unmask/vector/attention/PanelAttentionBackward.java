package dev.unmask.vector.attention;

import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.work.HeadAddresses;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

/**
 * {@link TiledAttentionBackward} with products of bfloat16 by machine code. Tiles of weights and of gradients of scores
 * are keys by queries. As a left factor, with a row a key, a tile adds to the gradients of keys and values; as a right
 * one, with a column a query, to the transpose of the gradients of queries. Neither makes it change sides.
 */
final class PanelAttentionBackward implements TaskKernel {
    private final PanelProduct product;
    private final AttentionLayout layout;
    private final long out;
    private final long logSumExp;
    private final long outGradient;
    private final long delta;
    private final HeadAddresses queryGradient;
    private final HeadAddresses keyGradient;
    private final HeadAddresses valueGradient;
    private final int size;
    private final Workspace workspace;
    private final long headBytes;
    private final long rowBytes;
    private final long keyTileBytes;
    private final long turnedTileBytes;

    /** Where the parts of a worker's memory lie, counted from its start: what is of all keys first. */
    private final long valuesAt;

    private final long turnedKeysAt;
    private final long keyGradientsAt;
    private final long valueGradientsAt;

    /** Of a tile of queries: as columns of the products with keys, then as steps of those with weights. */
    private final long queryColumnsAt;

    private final long dyColumnsAt;
    private final long queryStepsAt;
    private final long dyStepsAt;
    private final long gradientAt;
    private final long offsetsAt;
    private final long deltasAt;

    /** Of a tile of queries and a tile of keys. */
    private final long weightRowsAt;

    private final long scoreRowsAt;
    private final long scoreColumnsAt;
    private final long tilesAt;
    private final long scratchAt;

    PanelAttentionBackward(AttentionBackward kernel, PanelProduct product, Operands operands) {
        this.product = product;
        layout = AttentionLayout.of(kernel, operands);
        out = operands.address(kernel.out());
        logSumExp = operands.address(kernel.logSumExp());
        outGradient = operands.address(kernel.outGradient());
        delta = operands.address(kernel.delta());
        queryGradient = HeadAddresses.of(kernel.queryGradient(), operands);
        keyGradient = HeadAddresses.of(kernel.keyGradient(), operands);
        valueGradient = HeadAddresses.of(kernel.valueGradient(), operands);
        size = layout.size;
        headBytes = (long) size * Float.BYTES;
        workspace = operands.workspace();
        rowBytes = (long) BFloat16Tile.padded(size) * Float.BYTES;
        keyTileBytes = BFloat16Tile.panelBytes(Tiles.KEYS, size);
        turnedTileBytes = BFloat16Tile.panelBytes(size, Tiles.KEYS);
        int keyTiles = Math.ceilDiv(layout.keyLength, Tiles.KEYS);
        long gradientsBytes = Memory.aligned(layout.keyLength * headBytes);
        valuesAt = keyTiles * keyTileBytes;
        turnedKeysAt = valuesAt + keyTiles * keyTileBytes;
        keyGradientsAt = turnedKeysAt + keyTiles * turnedTileBytes;
        valueGradientsAt = keyGradientsAt + gradientsBytes;
        queryColumnsAt = valueGradientsAt + gradientsBytes;
        dyColumnsAt = queryColumnsAt + BFloat16Tile.panelBytes(Tiles.QUERIES, size);
        queryStepsAt = dyColumnsAt + BFloat16Tile.panelBytes(Tiles.QUERIES, size);
        dyStepsAt = queryStepsAt + BFloat16Tile.panelBytes(size, Tiles.QUERIES);
        gradientAt = dyStepsAt + BFloat16Tile.panelBytes(size, Tiles.QUERIES);
        offsetsAt = gradientAt + size * Tiles.ROW;
        deltasAt = offsetsAt + Tiles.ROW;
        weightRowsAt = deltasAt + Tiles.ROW;
        scoreRowsAt = weightRowsAt + BFloat16Tile.panelBytes(Tiles.KEYS, Tiles.QUERIES);
        scoreColumnsAt = scoreRowsAt + BFloat16Tile.panelBytes(Tiles.KEYS, Tiles.QUERIES);
        tilesAt = scoreColumnsAt + BFloat16Tile.panelBytes(Tiles.QUERIES, Tiles.KEYS);
        // Scores and gradients of weights; or a tile of rows, or two of them turned.
        scratchAt = tilesAt + 2 * Math.max(Tiles.KEYS, BFloat16Tile.padded(size)) * Tiles.ROW;
        workspace.reserveEach(scratchAt + product.room(Math.max(size, Math.max(Tiles.KEYS, Tiles.QUERIES))));
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
        long memory = workspace.of(worker);
        for (int key = 0; key < keys; key += Tiles.KEYS) {
            packKeys(key / Tiles.KEYS, row + key, group, Math.min(Tiles.KEYS, keys - key), memory);
        }
        Floats.fill(memory + keyGradientsAt, length * size, 0);
        Floats.fill(memory + valueGradientsAt, length * size, 0);
        for (int head = group * layout.perGroup; head < (group + 1) * layout.perGroup; head++) {
            for (int query = 0; query < layout.queryLength; query += Tiles.QUERIES) {
                queries(sequence, head, query, keys, memory);
            }
        }
        Tiles.paste(memory + keyGradientsAt, length, size, keyGradient.at(row, group), keyGradient.stride());
        Tiles.paste(memory + valueGradientsAt, length, size, valueGradient.at(row, group), valueGradient.stride());
    }

    private void packKeys(int number, long row, int group, int there, long memory) {
        long tile = memory + tilesAt;
        long turned = memory + turnedKeysAt + number * turnedTileBytes;
        BFloat16Tile.copy(layout.keys.at(row, group), layout.keys.stride(), there, size, tile);
        BFloat16Tile.rows(tile, rowBytes, there, size, false, memory + number * keyTileBytes, 0);
        BFloat16Tile.columns(tile, rowBytes, there, size, true, turned, memory + scratchAt);
        BFloat16Tile.copy(layout.values.at(row, group), layout.values.stride(), there, size, tile);
        BFloat16Tile.rows(tile, rowBytes, there, size, false, memory + valuesAt + number * keyTileBytes, 0);
    }

    /** What a tile of queries takes part in; keys are those that some query of the sequence may see. */
    private void queries(int sequence, int head, int query, int keys, long memory) {
        int rows = Math.min(Tiles.QUERIES, layout.queryLength - query);
        long row = layout.row(sequence, query);
        long o = layout.out(sequence, head, query);
        long perQuery = layout.number(sequence, head, query);
        long outStride = layout.outStride;
        long tiles = memory + tilesAt;
        long gradient = memory + gradientAt;
        pack(
                layout.queries.at(row, head),
                layout.queries.stride(),
                rows,
                memory + queryColumnsAt,
                memory + queryStepsAt,
                memory);
        pack(outGradient + o, outStride, rows, memory + dyColumnsAt, memory + dyStepsAt, memory);
        Tiles.transpose(outGradient + o, outStride, rows, size, tiles);
        Tiles.transpose(out + o, outStride, rows, size, tiles + size * Tiles.ROW);
        ScoreTile.dot(tiles, tiles + size * Tiles.ROW, size, rows, delta + perQuery);
        Floats.fill(memory + deltasAt, Tiles.QUERIES, 0);
        Tiles.paste(delta + perQuery, 1, rows, memory + deltasAt, Tiles.ROW);
        PanelScores.offsets(rows, logSumExp + perQuery, memory + offsetsAt);

        long seen = layout.seen.tile(sequence, query);
        int end = SeenKeys.end(seen);
        if (end == 0) {
            Floats.fill(gradient, size * Tiles.QUERIES, 0);
        }
        for (int key = SeenKeys.firstTile(seen); key < end; key += Tiles.KEYS) {
            int there = Math.min(Tiles.KEYS, keys - key);
            if (SeenKeys.any(seen, key, there)) {
                tile(key, there, rows, seen, memory);
            }
        }
        Tiles.turnBack(gradient, rows, size, tiles, rowBytes);
        for (int i = 0; i < rows; i++) {
            Tiles.paste(tiles + i * rowBytes, 1, size, queryGradient.at(row + i, head), queryGradient.stride());
        }
    }

    private void pack(long source, long sourceStride, int rows, long columns, long steps, long memory) {
        long tile = memory + tilesAt;
        BFloat16Tile.copy(source, sourceStride, rows, size, tile);
        BFloat16Tile.rows(tile, rowBytes, BFloat16Tile.padded(rows), size, true, columns, memory + scratchAt);
        BFloat16Tile.columns(tile, rowBytes, rows, size, false, steps, 0);
    }

    /**
     * A tile of queries and a tile of keys.
     *
     * @param key the first key
     * @param there how many keys
     * @param rows how many queries
     * @param seen what the queries see, an entry of {@link SeenKeys}
     */
    private void tile(int key, int there, int rows, long seen, long memory) {
        int number = key / Tiles.KEYS;
        int columns = BFloat16Tile.padded(rows);
        long weights = memory + tilesAt;
        long scores = weights + Tiles.KEYS * Tiles.ROW;
        long scratch = memory + scratchAt;
        long keyPanels = memory + number * keyTileBytes;
        product.run(there, columns, size, keyPanels, memory + queryColumnsAt, 0, weights, Tiles.ROW, scratch);
        product.run(there, columns, size, keyPanels + valuesAt, memory + dyColumnsAt, 0, scores, Tiles.ROW, scratch);
        SeenKeys.hide(seen, weights, key, there, columns);
        PanelScores.differentiate(weights, scores, there, columns, layout.scale, memory + offsetsAt, memory + deltasAt);
        BFloat16Tile.rows(weights, Tiles.ROW, there, rows, false, memory + weightRowsAt, 0);
        BFloat16Tile.rows(scores, Tiles.ROW, there, rows, false, memory + scoreRowsAt, 0);
        BFloat16Tile.columns(scores, Tiles.ROW, there, rows, false, memory + scoreColumnsAt, 0);

        long ofKeys = number * Tiles.KEYS * headBytes;
        long keyGradients = memory + keyGradientsAt + ofKeys;
        long valueGradients = memory + valueGradientsAt + ofKeys;
        gather(there, rows, weightRowsAt, dyStepsAt, valueGradients, memory);
        gather(there, rows, scoreRowsAt, queryStepsAt, keyGradients, memory);
        long gradient = memory + gradientAt;
        product.run(
                size,
                columns,
                there,
                memory + turnedKeysAt + number * turnedTileBytes,
                memory + scoreColumnsAt,
                key == SeenKeys.firstTile(seen) ? 0 : gradient,
                gradient,
                Tiles.ROW,
                scratch);
    }

    /** To each key, the queries that weigh it. */
    private void gather(int there, int rows, long weightsAt, long queriesAt, long ofKeys, long memory) {
        product.run(
                there,
                size,
                rows,
                memory + weightsAt,
                memory + queriesAt,
                ofKeys,
                ofKeys,
                headBytes,
                memory + scratchAt);
    }
}
