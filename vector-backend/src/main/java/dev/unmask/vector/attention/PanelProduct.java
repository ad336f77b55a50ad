package dev.unmask.vector.attention;

import dev.unmask.vector.machine.BFloat16Product;

/**
 * Products of packed tiles by machine code.
 *
 * @param code multiplies panels
 */
record PanelProduct(BFloat16Product code) {
    /**
     * Bytes of scratch, and of room behind it that machine code may read, whatever it holds: it takes several panels at
     * a time.
     *
     * @param steps of the longest panels
     */
    long room(int steps) {
        int most = Math.max(code.rows(), code.columns());
        return Math.max(code.scratchBytes(), BFloat16Product.BLOCK_BYTES) + BFloat16Tile.panelBytes(most, steps);
    }

    /**
     * {@code C = D + A · B}.
     *
     * @param rows of C
     * @param columns of C
     * @param steps of the panels
     * @param a panels of A
     * @param b panels of B
     * @param base D, with the stride of C, or 0 for none; may be C
     * @param c F32
     * @param stride bytes from a row of C to the next
     * @param scratch of {@link BFloat16Product#scratchBytes()}
     */
    void run(int rows, int columns, int steps, long a, long b, long base, long c, long stride, long scratch) {
        // As many columns in each call: one alone is slower than its share of two.
        int panels = Math.ceilDiv(columns, BFloat16Product.PANEL);
        int calls = Math.ceilDiv(columns, code.columns());
        int width = Math.ceilDiv(panels, calls) * BFloat16Product.PANEL;
        int blocks = BFloat16Tile.blocks(steps);
        for (int j = 0; j < columns; j += width) {
            code.multiply(
                    rows,
                    Math.min(width, columns - j),
                    blocks,
                    a,
                    b + BFloat16Tile.panelBytes(j, steps),
                    base == 0 ? 0 : base + j * 4L,
                    c + j * 4L,
                    stride,
                    scratch);
        }
    }
}
