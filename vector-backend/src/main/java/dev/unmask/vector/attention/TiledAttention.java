package dev.unmask.vector.attention;

import dev.unmask.tensor.Precision;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.vector.lanes.BFloat16Rows;
import dev.unmask.vector.lanes.Floats;
import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.work.BoundKernel;
import dev.unmask.vector.work.Operands;
import dev.unmask.vector.work.TaskKernel;
import dev.unmask.vector.work.Tasks;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

/**
 * Attention in tiles with the softmax kept up to date (Dao et al., FlashAttention, arXiv 2205.14135): a worker needs
 * memory for one tile of scores, whatever the length. Factors in bfloat16 are rounded where the tiles lie.
 */
public final class TiledAttention implements TaskKernel {
    /** Tiles of queries of a task: keys and values are copied once for all of them. */
    private static final int TASK_TILES = 4;

    private static final int TASK_QUERIES = TASK_TILES * Tiles.QUERIES;

    private final AttentionLayout layout;
    private final long out;
    private final long logSumExp;
    private final int size;
    private final boolean rounding;
    private final TileProduct tileProduct;
    private final Workspace workspace;
    private final long rowBytes;

    private TiledAttention(Attention kernel, Operands operands) {
        layout = AttentionLayout.of(kernel, operands);
        out = operands.address(kernel.out());
        logSumExp = operands.address(kernel.logSumExp());
        size = layout.size;
        rounding = kernel.precision() == Precision.BF16;
        tileProduct = new TileProduct(operands.float32Code());
        workspace = operands.workspace();
        rowBytes = (long) size * Float.BYTES;
        // Queries transposed, their sums; a tile each of keys, values and scores; top, sum and fade of each query.
        workspace.reserveEach(
                size * Tiles.ROW * TASK_TILES
                        + rowBytes * TASK_QUERIES
                        + 2 * rowBytes * Tiles.KEYS
                        + Tiles.KEYS * Tiles.ROW
                        + 3 * Tiles.ROW * TASK_TILES);
    }

    public static BoundKernel bind(Attention kernel, Operands operands) {
        if (kernel.precision() != Precision.BF16) {
            return new TiledAttention(kernel, operands);
        }
        return operands.machineCode()
                .<BoundKernel>map(code -> new PanelAttention(kernel, new PanelProduct(code), operands))
                .orElseGet(() -> new TiledAttention(kernel, operands));
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
        long q = layout.queries.at(layout.row(sequence, first), head);
        long stride = layout.queries.stride();

        long transposed = workspace.of(worker);
        long sums = transposed + size * Tiles.ROW * TASK_TILES;
        long keyTile = sums + rowBytes * TASK_QUERIES;
        long valueTile = keyTile + rowBytes * Tiles.KEYS;
        long scores = valueTile + rowBytes * Tiles.KEYS;
        long tops = scores + Tiles.KEYS * Tiles.ROW;
        long totals = tops + Tiles.ROW * TASK_TILES;
        long fades = totals + Tiles.ROW * TASK_TILES;
        for (int i = 0; i < count; i += Tiles.QUERIES) {
            int rows = Math.min(Tiles.QUERIES, count - i);
            Tiles.transpose(q + i * stride, stride, rows, size, transposed + i * rowBytes);
            round(transposed + i * rowBytes, size * Tiles.QUERIES);
        }
        Floats.fill(tops, Tiles.columns(count), Float.NEGATIVE_INFINITY);
        Floats.fill(totals, Tiles.columns(count), 0);
        Floats.fill(sums, count * size, 0);

        int end = layout.seen.end(sequence, first, count);
        int begin = layout.seen.first(sequence, first, count) / Tiles.KEYS * Tiles.KEYS;
        for (int key = begin; key < end; key += Tiles.KEYS) {
            int there = Math.min(Tiles.KEYS, end - key);
            boolean copied = false;
            for (int i = 0; i < count; i += Tiles.QUERIES) {
                long seen = layout.seen.tile(sequence, first + i);
                if (SeenKeys.any(seen, key, there)) {
                    if (!copied) {
                        copyKeys(layout.keyRow(sequence, key), group, there, keyTile, valueTile);
                        copied = true;
                    }
                    int rows = Math.min(Tiles.QUERIES, count - i);
                    long at = (long) i * Float.BYTES;
                    scores(rows, there, keyTile, transposed + i * rowBytes, scores);
                    SeenKeys.hide(seen, scores, key, there, Tiles.columns(rows));
                    ScoreTile.weigh(scores, there, Tiles.columns(rows), layout.scale, tops + at, totals + at, fades);
                    round(scores, there * Tiles.QUERIES);
                    add(rows, there, scores, valueTile, fades, sums + i * rowBytes);
                }
            }
        }
        long o = out + layout.out(sequence, head, first);
        long lse = logSumExp + layout.number(sequence, head, first);
        ScoreTile.finish(count, size, layout.scale, tops, totals, sums, rowBytes, o, layout.outStride, lse);
    }

    private void round(long tile, int elements) {
        if (rounding) {
            BFloat16Rows.roundInPlace(tile, Tiles.columns(elements));
        }
    }

    private void copyKeys(long row, int group, int there, long keyTile, long valueTile) {
        Tiles.copy(layout.keys.at(row, group), layout.keys.stride(), there, size, keyTile);
        Tiles.copy(layout.values.at(row, group), layout.values.stride(), there, size, valueTile);
        round(keyTile, there * size);
        round(valueTile, there * size);
    }

    private void scores(int rows, int there, long keyTile, long transposed, long scores) {
        tileProduct.run(
                there,
                Tiles.pairs(rows),
                size,
                keyTile,
                rowBytes,
                Float.BYTES,
                transposed,
                Tiles.ROW,
                scores,
                Tiles.ROW,
                false);
    }

    private void add(int rows, int there, long weights, long valueTile, long fades, long sums) {
        for (int i = 0; i < rows; i++) {
            float fade = Memory.f32(fades + (long) i * Float.BYTES);
            if (fade != 1) {
                Tiles.scale(sums + i * rowBytes, size, fade, sums + i * rowBytes);
            }
        }
        tileProduct.run(rows, size, there, weights, Float.BYTES, Tiles.ROW, valueTile, rowBytes, sums, rowBytes, true);
    }
}
