package dev.unmask.vector;

import dev.unmask.tensor.Heads;
import dev.unmask.tensor.kernel.Attention;

/**
 * Attention in tiles with the softmax kept up to date (Dao et al., FlashAttention, arXiv 2205.14135): a worker needs
 * memory for one tile of scores, whatever the length.
 */
final class TiledAttention implements TaskKernel {
    /** Queries of a task: keys are transposed once for all of them. */
    private static final int TASK_QUERIES = 4 * Tiles.QUERIES;

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
    private final Workspace workspace;
    private final long stride;
    private final long outStride;

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
        stride = (long) heads.fusedWidth() * Float.BYTES;
        outStride = (long) heads.width() * Float.BYTES;
        workspace = binding.workspace();
        workspace.reserveEach(
                Lanes.ROOM + heads.size() * Tiles.ROW + Tiles.QUERIES * Tiles.ROW + 2L * TASK_QUERIES * Float.BYTES);
    }

    static BoundKernel bind(Attention kernel, Binding binding) {
        return new TiledAttention(kernel, binding);
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

        long room = workspace.of(worker);
        long transposed = room + Lanes.ROOM;
        long scores = transposed + heads.size() * Tiles.ROW;
        long tops = scores + Tiles.QUERIES * Tiles.ROW;
        long sums = tops + (long) TASK_QUERIES * Float.BYTES;
        int group = head / heads.perGroup();
        long base = keysValues + (long) sequence * keyLength * stride;
        long k = base + (long) heads.keyColumn(group) * Float.BYTES;
        long v = base + (long) heads.valueColumn(group) * Float.BYTES;
        long q =
                queries
                        + ((long) sequence * queryLength + first) * stride
                        + (long) heads.queryColumn(head) * Float.BYTES;
        long o = out + ((long) sequence * queryLength + first) * outStride + (long) head * heads.size() * Float.BYTES;

        Elementwise.fill(tops, count, Float.NEGATIVE_INFINITY);
        Elementwise.fill(sums, count, 0);
        for (int i = 0; i < count; i++) {
            Elementwise.fill(o + i * outStride, heads.size(), 0);
        }
        int seen = causal ? Math.clamp((long) firstPosition + count, 0, keys) : keys;
        for (int key = 0; key < seen; key += Tiles.KEYS) {
            int there = Math.min(Tiles.KEYS, keys - key);
            Tiles.transpose(k + key * stride, stride, there, heads.size(), transposed);
            for (int i = 0; i < count; i += Tiles.QUERIES) {
                int rows = Math.min(Tiles.QUERIES, count - i);
                int position = causal ? firstPosition + i : keys;
                if (position + (causal ? rows - 1 : 0) < key) {
                    continue;
                }
                TileProduct.run(
                        rows,
                        Tiles.KEYS,
                        heads.size(),
                        q + i * stride,
                        stride,
                        Float.BYTES,
                        transposed,
                        Tiles.ROW,
                        scores,
                        Tiles.ROW,
                        false);
                softmax(rows, keys, key, position, scores, tops + 4L * i, sums + 4L * i, o + i * outStride, room);
                TileProduct.run(
                        rows,
                        heads.size(),
                        there,
                        scores,
                        Tiles.ROW,
                        Float.BYTES,
                        v + key * stride,
                        stride,
                        o + i * outStride,
                        outStride,
                        true);
            }
        }
        long lse = logSumExp + (((long) sequence * heads.count() + head) * queryLength + first) * Float.BYTES;
        finish(count, tops, sums, o, lse);
    }

    private void softmax(
            int rows, int keys, int key, int position, long scores, long tops, long sums, long o, long room) {
        for (int i = 0; i < rows; i++) {
            long row = scores + i * Tiles.ROW;
            long at = (long) i * Float.BYTES;
            int visible = Tiles.visible(keys, causal ? position + i : keys, key);
            float before = Memory.f32(tops + at);
            float top = Math.max(before, Tiles.max(row, visible) * scale);
            if (top == Float.NEGATIVE_INFINITY) {
                Elementwise.fill(row, Tiles.KEYS, 0);
                continue;
            }
            float sum = Tiles.weights(row, visible, scale, top, room);
            if (top != before) {
                float fade = before == Float.NEGATIVE_INFINITY ? 0 : (float) StrictMath.exp(before - top);
                Memory.f32(tops + at, top);
                Memory.f32(sums + at, Memory.f32(sums + at) * fade);
                Tiles.scale(o + i * outStride, heads.size(), fade);
            }
            Memory.f32(sums + at, Memory.f32(sums + at) + sum);
        }
    }

    private void finish(int count, long tops, long sums, long o, long lse) {
        for (int i = 0; i < count; i++) {
            long at = (long) i * Float.BYTES;
            float sum = Memory.f32(sums + at);
            float top = Memory.f32(tops + at);
            Memory.f32(lse + at, sum == 0 ? Float.NEGATIVE_INFINITY : (float) (top + StrictMath.log(sum)));
            if (sum != 0) {
                Tiles.scale(o + i * outStride, heads.size(), 1 / sum);
            }
        }
    }
}
