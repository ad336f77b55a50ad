package dev.unmask.vector;

import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.kernel.Attention;

/**
 * Attention in tiles with the softmax kept up to date (Dao et al., FlashAttention, arXiv 2205.14135): a worker needs
 * memory for one tile of scores, whatever the length. Factors in bfloat16 are rounded where the tiles lie.
 */
final class TiledAttention implements TaskKernel {
    /** Tiles of queries of a task: keys and values are copied once for all of them. */
    private static final int TASK_TILES = 4;

    private static final int TASK_QUERIES = TASK_TILES * Tiles.QUERIES;

    private final long queries;
    private final long keysValues;
    private final Heads heads;
    private final int batch;
    private final boolean causal;
    private final long lengths;
    private final long out;
    private final long logSumExp;
    private final int queryLength;
    private final int keyLength;
    private final float scale;
    private final boolean rounding;
    private final Workspace workspace;
    private final long stride;
    private final long outStride;
    private final long rowBytes;

    private TiledAttention(Attention kernel, Binding binding) {
        queries = binding.address(kernel.queries());
        keysValues = binding.address(kernel.keysValues());
        heads = kernel.heads();
        batch = kernel.batch();
        causal = kernel.causal();
        lengths = kernel.lengths().map(binding::address).orElse(0L);
        out = binding.address(kernel.out());
        logSumExp = binding.address(kernel.logSumExp());
        queryLength = kernel.queryLength();
        keyLength = kernel.keyLength();
        scale = (float) (1 / Math.sqrt(heads.size()));
        rounding = kernel.precision() == Precision.BF16;
        stride = (long) heads.fusedWidth() * Float.BYTES;
        outStride = (long) heads.width() * Float.BYTES;
        workspace = binding.workspace();
        rowBytes = (long) heads.size() * Float.BYTES;
        // Queries transposed, their sums; a tile each of keys, values and scores; top, sum and fade of each query.
        workspace.reserveEach(
                heads.size() * Tiles.ROW * TASK_TILES
                        + rowBytes * TASK_QUERIES
                        + 2 * rowBytes * Tiles.KEYS
                        + Tiles.KEYS * Tiles.ROW
                        + 3 * Tiles.ROW * TASK_TILES);
    }

    static BoundKernel bind(Attention kernel, Binding binding) {
        if (kernel.precision() == Precision.F32) {
            return new TiledAttention(kernel, binding);
        }
        return binding.bfloat16Panels()
                .<BoundKernel>map(panels -> new PanelAttention(kernel, new PanelProduct(panels.product()), binding))
                .orElseGet(() -> new TiledAttention(kernel, binding));
    }

    private int queryTasks() {
        return Rows.tasks(queryLength, TASK_QUERIES);
    }

    @Override
    public int tasks() {
        return batch * heads.count() * queryTasks();
    }

    @Override
    public void run(int task, int worker) {
        int first = task % queryTasks() * TASK_QUERIES;
        int head = task / queryTasks() % heads.count();
        int sequence = task / queryTasks() / heads.count();
        int count = Math.min(TASK_QUERIES, queryLength - first);
        int keys = lengths == 0 ? keyLength : Math.clamp(Memory.i32(lengths + 4L * sequence), 0, keyLength);
        // Without a position, the last key bounds what a query sees.
        int firstPosition = causal ? keys - queryLength + first : keys;

        int group = head / heads.perGroup();
        long base = keysValues + (long) sequence * keyLength * stride;
        long k = base + (long) heads.keyColumn(group) * Float.BYTES;
        long v = base + (long) heads.valueColumn(group) * Float.BYTES;
        long row = (long) sequence * queryLength + first;
        long q = queries + row * stride + (long) heads.queryColumn(head) * Float.BYTES;

        long transposed = workspace.of(worker);
        long sums = transposed + heads.size() * Tiles.ROW * TASK_TILES;
        long keyTile = sums + rowBytes * TASK_QUERIES;
        long valueTile = keyTile + rowBytes * Tiles.KEYS;
        long scores = valueTile + rowBytes * Tiles.KEYS;
        long tops = scores + Tiles.KEYS * Tiles.ROW;
        long totals = tops + Tiles.ROW * TASK_TILES;
        long fades = totals + Tiles.ROW * TASK_TILES;
        for (int i = 0; i < count; i += Tiles.QUERIES) {
            int rows = Math.min(Tiles.QUERIES, count - i);
            Tiles.transpose(q + i * stride, stride, rows, heads.size(), transposed + i * rowBytes);
            round(transposed + i * rowBytes, heads.size() * Tiles.QUERIES);
        }
        Elementwise.fill(tops, Tiles.columns(count), Float.NEGATIVE_INFINITY);
        Elementwise.fill(totals, Tiles.columns(count), 0);
        Elementwise.fill(sums, count * heads.size(), 0);

        int seen = causal ? Math.clamp((long) firstPosition + count, 0, keys) : keys;
        for (int key = 0; key < seen; key += Tiles.KEYS) {
            int there = Math.min(Tiles.KEYS, seen - key);
            Tiles.copy(k + key * stride, stride, there, heads.size(), keyTile);
            Tiles.copy(v + key * stride, stride, there, heads.size(), valueTile);
            round(keyTile, there * heads.size());
            round(valueTile, there * heads.size());
            for (int i = 0; i < count; i += Tiles.QUERIES) {
                int rows = Math.min(Tiles.QUERIES, count - i);
                int last = causal ? firstPosition + i - key : Tiles.KEYS;
                if (last + rows > 0) {
                    long at = (long) i * Float.BYTES;
                    scores(rows, there, last, keyTile, transposed + i * rowBytes, scores);
                    ScoreTile.weigh(scores, there, Tiles.columns(rows), scale, tops + at, totals + at, fades);
                    round(scores, there * Tiles.QUERIES);
                    add(rows, there, scores, valueTile, fades, sums + i * rowBytes);
                }
            }
        }
        long o = out + row * outStride + head * rowBytes;
        long lse = logSumExp + (((long) sequence * heads.count() + head) * queryLength + first) * Float.BYTES;
        ScoreTile.finish(count, heads.size(), tops, totals, sums, rowBytes, o, outStride, lse);
    }

    private void round(long tile, int elements) {
        if (rounding) {
            BFloat16Rows.roundInPlace(tile, Tiles.columns(elements));
        }
    }

    private void scores(int rows, int there, int last, long keyTile, long transposed, long scores) {
        int columns = Tiles.columns(rows);
        TileProduct.run(
                there,
                Tiles.pairs(rows),
                heads.size(),
                keyTile,
                rowBytes,
                Float.BYTES,
                transposed,
                Tiles.ROW,
                scores,
                Tiles.ROW,
                false);
        if (last < there - 1) {
            ScoreTile.hideFollowing(scores, there, columns, last);
        }
    }

    private void add(int rows, int there, long weights, long valueTile, long fades, long sums) {
        for (int i = 0; i < rows; i++) {
            float fade = Memory.f32(fades + (long) i * Float.BYTES);
            if (fade != 1) {
                Tiles.scale(sums + i * rowBytes, heads.size(), fade, sums + i * rowBytes);
            }
        }
        TileProduct.run(
                rows, heads.size(), there, weights, Float.BYTES, Tiles.ROW, valueTile, rowBytes, sums, rowBytes, true);
    }
}
