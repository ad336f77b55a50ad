package dev.unmask.vector;

import dev.unmask.tensor.Heads;
import dev.unmask.tensor.kernel.AttentionBackward;

/**
 * The gradient of attention in tiles, weights recomputed from the log-sum-exp (Dao et al., FlashAttention, arXiv
 * 2205.14135, algorithm 4). A task is a query group of a sequence, so that every sum has one owner and one order.
 */
final class TiledAttentionBackward implements TaskKernel {
    private final long fused;
    private final Heads heads;
    private final int batch;
    private final boolean causal;
    private final long lengths;
    private final long out;
    private final long logSumExp;
    private final long outGradient;
    private final long delta;
    private final long fusedGradient;
    private final int length;
    private final float scale;
    private final Workspace workspace;
    private final long stride;
    private final long outStride;
    private final long headBytes;

    private TiledAttentionBackward(AttentionBackward kernel, Binding binding) {
        fused = binding.address(kernel.fused());
        heads = kernel.heads();
        batch = kernel.batch();
        causal = kernel.causal();
        lengths = kernel.lengths().map(binding::address).orElse(0L);
        out = binding.address(kernel.out());
        logSumExp = binding.address(kernel.logSumExp());
        outGradient = binding.address(kernel.outGradient());
        delta = binding.address(kernel.delta());
        fusedGradient = binding.address(kernel.fusedGradient());
        length = kernel.length();
        scale = (float) (1 / Math.sqrt(heads.size()));
        stride = (long) heads.fusedWidth() * Float.BYTES;
        outStride = (long) heads.width() * Float.BYTES;
        headBytes = (long) heads.size() * Float.BYTES;
        workspace = binding.workspace();
        workspace.reserveEach(Lanes.ROOM + 2 * heads.size() * Tiles.ROW + 2 * Tiles.QUERIES * Tiles.ROW);
    }

    static BoundKernel bind(AttentionBackward kernel, Binding binding) {
        return new TiledAttentionBackward(kernel, binding);
    }

    @Override
    public int tasks() {
        return batch * heads.groups();
    }

    @Override
    public void run(int task, int worker) {
        int group = task % heads.groups();
        int sequence = task / heads.groups();
        int keys = lengths == 0 ? length : Math.clamp(Memory.i32(lengths + 4L * sequence), 0, length);
        long rows = (long) sequence * length;
        int firstHead = group * heads.perGroup();
        long groupColumn = (long) heads.queryColumn(firstHead) * Float.BYTES;
        long gradient = fusedGradient + rows * stride + groupColumn;
        for (int i = 0; i < length; i++) {
            Elementwise.fill(gradient + i * stride, (heads.perGroup() + 2) * heads.size(), 0);
        }
        for (int head = firstHead; head < firstHead + heads.perGroup(); head++) {
            long column = rows * outStride + head * headBytes;
            long d = delta + ((long) sequence * heads.count() + head) * length * Float.BYTES;
            for (int i = 0; i < length; i++) {
                long at = column + i * outStride;
                double sum = Norms.dot(outGradient + at, out + at, heads.size(), workspace.of(worker));
                Memory.f32(d + (long) i * Float.BYTES, (float) sum);
            }
        }
        for (int key = 0; key < keys; key += Tiles.KEYS) {
            keyTile(sequence, group, keys, key, worker);
        }
    }

    private void keyTile(int sequence, int group, int keys, int key, int worker) {
        long transposedKeys = workspace.of(worker) + Lanes.ROOM;
        long transposedValues = transposedKeys + heads.size() * Tiles.ROW;
        long at = ((long) sequence * length + key) * stride;
        long keyAt = at + (long) heads.keyColumn(group) * Float.BYTES;
        long valueAt = at + (long) heads.valueColumn(group) * Float.BYTES;
        int there = Math.min(Tiles.KEYS, keys - key);
        Tiles.transpose(fused + keyAt, stride, there, heads.size(), transposedKeys);
        Tiles.transpose(fused + valueAt, stride, there, heads.size(), transposedValues);
        // The causal query at position p is number p + length - keys.
        int firstQuery = causal ? (key + length - keys) / Tiles.QUERIES * Tiles.QUERIES : 0;
        for (int head = group * heads.perGroup(); head < (group + 1) * heads.perGroup(); head++) {
            for (int query = firstQuery; query < length; query += Tiles.QUERIES) {
                tile(sequence, head, query, keys, key, there, keyAt, valueAt, transposedKeys, transposedValues, worker);
            }
        }
    }

    private void tile(
            int sequence,
            int head,
            int query,
            int keys,
            int key,
            int there,
            long keyAt,
            long valueAt,
            long transposedKeys,
            long transposedValues,
            int worker) {
        int size = heads.size();
        int rows = Math.min(Tiles.QUERIES, length - query);
        long weights = workspace.of(worker) + Lanes.ROOM + 2 * size * Tiles.ROW;
        long scores = weights + Tiles.QUERIES * Tiles.ROW;
        long row = (long) sequence * length + query;
        long queryAt = row * stride + (long) heads.queryColumn(head) * Float.BYTES;
        long dy = outGradient + row * outStride + head * headBytes;
        long perQuery = (((long) sequence * heads.count() + head) * length + query) * Float.BYTES;
        long element = Float.BYTES;

        TileProduct.run(
                rows,
                Tiles.KEYS,
                size,
                fused + queryAt,
                stride,
                element,
                transposedKeys,
                Tiles.ROW,
                weights,
                Tiles.ROW,
                false);
        TileProduct.run(
                rows, Tiles.KEYS, size, dy, outStride, element, transposedValues, Tiles.ROW, scores, Tiles.ROW, false);
        for (int i = 0; i < rows; i++) {
            int visible = Tiles.visible(keys, causal ? keys - length + query + i : keys, key);
            long p = weights + i * Tiles.ROW;
            Tiles.weights(p, visible, scale, Memory.f32(logSumExp + perQuery + i * element));
            Tiles.scoreGradient(scores + i * Tiles.ROW, p, Memory.f32(delta + perQuery + i * element), scale);
        }
        TileProduct.run(
                there, size, rows, weights, element, Tiles.ROW, dy, outStride, fusedGradient + valueAt, stride, true);
        TileProduct.run(
                rows,
                size,
                there,
                scores,
                Tiles.ROW,
                element,
                fused + keyAt,
                stride,
                fusedGradient + queryAt,
                stride,
                true);
        TileProduct.run(
                there,
                size,
                rows,
                scores,
                element,
                Tiles.ROW,
                fused + queryAt,
                stride,
                fusedGradient + keyAt,
                stride,
                true);
    }
}
