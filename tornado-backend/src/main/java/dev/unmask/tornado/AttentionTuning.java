package dev.unmask.tornado;

import dev.unmask.tensor.Precision;
import dev.unmask.tornado.FusedAttention.Part;

import java.util.ArrayList;
import java.util.List;

/**
 * How the CUDA kernels of attention divide their work, for heads of up to some elements.
 *
 * @param size elements that a head is padded to
 * @param precision what factors are rounded to
 * @param forward of the forward kernel
 * @param queries of that of the gradient of queries
 * @param keys of that of the gradient of keys and values
 */
record AttentionTuning(int size, Precision precision, Block forward, Block queries, Block keys) {
    private static final int TILE = 16;
    private static final int KNOWN_BYTES = 16;

    /**
     * Work of a block of threads.
     *
     * @param warps of it
     * @param tiles of 16 rows of a warp
     * @param columns of scores at a time
     * @param held whether a warp keeps its factors in registers
     * @param blocks of a multiprocessor at a time, which bounds the registers
     */
    record Block(int warps, int tiles, int columns, boolean held, int blocks) {
        int rows() {
            return warps * tiles * TILE;
        }

        int threads() {
            return warps * 32;
        }

        private void addTo(List<String> options, String kernel) {
            options.add("-D" + kernel + "_WARPS=" + warps);
            options.add("-D" + kernel + "_TILES=" + tiles);
            options.add("-D" + kernel + "_COLUMNS=" + columns);
            options.add("-D" + kernel + "_HELD=" + held);
            options.add("-D" + kernel + "_BLOCKS=" + blocks);
        }
    }

    /**
     * For heads of a size. Those of up to 64 elements are what was fastest on an H200 of 8 sequences of 1,024 positions
     * and 12 heads, among those that do well for half as much too.
     */
    static AttentionTuning of(int size, Precision precision) {
        int padded = (size + 31) / 32 * 32;
        if (padded > 64) {
            return new AttentionTuning(
                    padded,
                    precision,
                    new Block(4, 1, 32, true, 2),
                    new Block(4, 1, 16, false, 2),
                    new Block(4, 1, 16, false, 2));
        }
        return new AttentionTuning(
                padded,
                precision,
                new Block(4, 2, 32, true, 2),
                precision == Precision.BF16 ? new Block(4, 2, 32, false, 1) : new Block(4, 1, 32, true, 2),
                new Block(4, 1, 32, true, 2));
    }

    Block block(Part part) {
        return switch (part) {
            case FORWARD -> forward;
            case QUERY_GRADIENT -> queries;
            case KEY_VALUE_GRADIENT -> keys;
        };
    }

    /**
     * Shared memory of a block: two pairs of tiles, what is known of rows or columns, and factors that are not held.
     */
    int sharedBytes(Part part) {
        Block block = block(part);
        int rowBytes = size * (precision == Precision.BF16 ? Short.BYTES : Float.BYTES);
        int known = part == Part.KEY_VALUE_GRADIENT ? 3 * block.columns : block.rows();
        int factors = part == Part.FORWARD ? 1 : 2;
        int kept = block.held ? 0 : factors * block.rows();
        return (4 * block.columns + kept) * rowBytes + known * KNOWN_BYTES;
    }

    /** What the compiler is told. */
    List<String> options() {
        List<String> options = new ArrayList<>();
        options.add("-DSIZE=" + size);
        options.add("-DBF16=" + (precision == Precision.BF16 ? 1 : 0));
        forward.addTo(options, "FORWARD");
        queries.addTo(options, "QUERY");
        keys.addTo(options, "KEY");
        return options;
    }
}
