package dev.unmask.vector.attention;

import dev.unmask.tensor.kernel.Attention;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

/**
 * {@link TiledAttention} with products of bfloat16 by machine code. Between two products weights never change sides: a
 * tile of scores is keys by queries, and so are the weights that the next product takes as its right factor, values by
 * keys on the left. What comes out, and is kept up to date, is the transpose of the result.
 */
final class PanelAttention implements TaskKernel {
    /** Tiles of queries of a task: keys and values are packed once for all of them. */
    private static final int TASK_TILES = 8;

    private static final int TASK_QUERIES = TASK_TILES * Tiles.QUERIES;

    private final PanelProduct product;
    private final AttentionLayout layout;
    private final long out;
    private final long logSumExp;
    private final Workspace workspace;
    private final int size;
    private final long queryTileBytes;
    private final long sumsBytes;
    private final long rowBytes;

    /** Where the parts of a worker's memory lie, counted from its start. */
    private final long sumsAt;

    private final long keysAt;
    private final long valuesAt;
    private final long scoresAt;
    private final long weightsAt;
    private final long topsAt;
    private final long totalsAt;
    private final long fadesAt;
    private final long tileAt;
    private final long scratchAt;

    PanelAttention(Attention kernel, PanelProduct product, Operands operands) {
        this.product = product;
        layout = AttentionLayout.of(kernel, operands);
        out = operands.address(kernel.out());
        logSumExp = operands.address(kernel.logSumExp());
        size = layout.size;
        workspace = operands.workspace();
        queryTileBytes = BFloat16Tile.panelBytes(Tiles.QUERIES, size);
        sumsBytes = size * Tiles.ROW;
        rowBytes = (long) BFloat16Tile.padded(size) * Float.BYTES;
        sumsAt = queryTileBytes * TASK_TILES;
        keysAt = sumsAt + sumsBytes * TASK_TILES;
        valuesAt = keysAt + BFloat16Tile.panelBytes(Tiles.KEYS, size);
        scoresAt = valuesAt + BFloat16Tile.panelBytes(size, Tiles.KEYS);
        weightsAt = scoresAt + Tiles.KEYS * Tiles.ROW;
        topsAt = weightsAt + BFloat16Tile.panelBytes(Tiles.QUERIES, Tiles.KEYS);
        totalsAt = topsAt + Tiles.ROW * TASK_TILES;
        fadesAt = totalsAt + Tiles.ROW * TASK_TILES;
        tileAt = fadesAt + Tiles.ROW;
        scratchAt = tileAt + rowBytes * Math.max(Tiles.KEYS, Tiles.QUERIES);
        workspace.reserveEach(scratchAt + product.room(Math.max(size, Tiles.KEYS)));
    }

    private int queryTasks() {
        return Tasks.of(layout.queryLength, TASK_QUERIES);
    }

    @Override
    public int tasks() {
        return layout.batch * layout.heads * queryTasks();
    }

    @Override
    public void run(Workers workers) {
        layout.seen.read(workers);
        TaskKernel.super.run(workers);
    }

    @Override
    public void run(int task, int worker) {
        int first = task % queryTasks() * TASK_QUERIES;
        int head = task / queryTasks() % layout.heads;
        int sequence = task / queryTasks() / layout.heads;
        int count = Math.min(TASK_QUERIES, layout.queryLength - first);
        int group = head / layout.perGroup;

        long memory = workspace.of(worker);
        packQueries(layout.queries.at(layout.row(sequence, first), head), count, memory);
        int end = layout.seen.end(sequence, first, count);
        int begin = layout.seen.first(sequence, first, count) / Tiles.KEYS * Tiles.KEYS;
        for (int key = begin; key < end; key += Tiles.KEYS) {
            int there = Math.min(Tiles.KEYS, end - key);
            boolean packed = false;
            for (int i = 0; i < count; i += Tiles.QUERIES) {
                long seen = layout.seen.tile(sequence, first + i);
                if (SeenKeys.any(seen, key, there)) {
                    if (!packed) {
                        packKeys(layout.keyRow(sequence, key), group, there, memory);
                        packed = true;
                    }
                    tile(i / Tiles.QUERIES, Math.min(Tiles.QUERIES, count - i), key, there, seen, memory);
                }
            }
        }
        for (int i = 0; i < count; i += Tiles.QUERIES) {
            long o = out + layout.out(sequence, head, first + i);
            long lse = logSumExp + layout.number(sequence, head, first + i);
            finish(i / Tiles.QUERIES, Math.min(Tiles.QUERIES, count - i), o, lse, memory);
        }
    }

    private void packQueries(long q, int count, long memory) {
        long tile = memory + tileAt;
        long stride = layout.queries.stride();
        for (int i = 0; i < count; i += Tiles.QUERIES) {
            int rows = Math.min(Tiles.QUERIES, count - i);
            long panels = memory + i / Tiles.QUERIES * queryTileBytes;
            BFloat16Tile.copy(q + i * stride, stride, rows, size, tile);
            BFloat16Tile.rows(tile, rowBytes, BFloat16Tile.padded(rows), size, true, panels, memory + scratchAt);
        }
        Floats.fill(memory + topsAt, BFloat16Tile.padded(count), Float.NEGATIVE_INFINITY);
        Floats.fill(memory + totalsAt, BFloat16Tile.padded(count), 0);
        Floats.fill(memory + sumsAt, Math.ceilDiv(count, Tiles.QUERIES) * size * Tiles.QUERIES, 0);
    }

    private void packKeys(long row, int group, int there, long memory) {
        long tile = memory + tileAt;
        BFloat16Tile.copy(layout.keys.at(row, group), layout.keys.stride(), there, size, tile);
        BFloat16Tile.rows(tile, rowBytes, there, size, false, memory + keysAt, 0);
        BFloat16Tile.copy(layout.values.at(row, group), layout.values.stride(), there, size, tile);
        BFloat16Tile.columns(tile, rowBytes, there, size, true, memory + valuesAt, memory + scratchAt);
    }

    /**
     * A tile of queries and a tile of keys.
     *
     * @param number of the tile of queries
     * @param rows how many queries
     * @param key the first key
     * @param there how many keys
     * @param seen what the queries see, an entry of {@link SeenKeys}
     */
    private void tile(int number, int rows, int key, int there, long seen, long memory) {
        boolean begin = key == SeenKeys.firstTile(seen);
        long scores = memory + scoresAt;
        long weights = memory + weightsAt;
        long fades = memory + fadesAt;
        long scratch = memory + scratchAt;
        long tops = memory + topsAt + number * Tiles.ROW;
        long totals = memory + totalsAt + number * Tiles.ROW;
        long sums = memory + sumsAt + number * sumsBytes;
        int columns = BFloat16Tile.padded(rows);
        long panels = memory + number * queryTileBytes;
        product.run(there, columns, size, memory + keysAt, panels, 0, scores, Tiles.ROW, scratch);
        SeenKeys.hide(seen, scores, key, there, columns);
        PanelScores.weigh(scores, there, columns, layout.scale, tops, totals, fades);
        BFloat16Tile.columns(scores, Tiles.ROW, there, rows, false, weights, 0);
        if (!begin) {
            ScoreTile.scaleColumns(sums, size, columns, fades);
        }
        product.run(size, columns, there, memory + valuesAt, weights, begin ? 0 : sums, sums, Tiles.ROW, scratch);
    }

    private void finish(int number, int rows, long o, long lse, long memory) {
        long tops = memory + topsAt + number * Tiles.ROW;
        long totals = memory + totalsAt + number * Tiles.ROW;
        long tile = memory + tileAt;
        Tiles.turnBack(memory + sumsAt + number * sumsBytes, rows, size, tile, rowBytes);
        ScoreTile.finish(rows, size, layout.scale, tops, totals, tile, rowBytes, o, layout.outStride, lse);
    }
}
