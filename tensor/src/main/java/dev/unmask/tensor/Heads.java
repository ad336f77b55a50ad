package dev.unmask.tensor;

/**
 * How queries, keys and values lie in one fused row (METHOD §1.2, the layout of published SMDM weights): query group
 * after query group, each as its query heads, one key, one value.
 *
 * @param count number of query heads {@code H}
 * @param groups number of query groups {@code G}: key and value heads; divides {@code count}
 * @param size elements of one head, even
 */
public record Heads(int count, int groups, int size) {
    /** Checks the numbers. */
    public Heads {
        Check.that("heads")
                .is(
                        count > 0 && groups > 0 && count % groups == 0,
                        "%d query groups do not divide %d heads",
                        groups,
                        count)
                .is(size > 0 && size % 2 == 0, "head size %d is not a positive even number", size);
    }

    /**
     * Columns of a fused row.
     *
     * @return {@code (H + 2 G) · size}
     */
    public int fusedWidth() {
        return (count + 2 * groups) * size;
    }

    /**
     * Columns of all query heads together: the width of attention's result.
     *
     * @return {@code H · size}
     */
    public int width() {
        return count * size;
    }

    /**
     * Query heads that share one key and value.
     *
     * @return {@code H / G}
     */
    public int perGroup() {
        return count / groups;
    }

    /**
     * The query heads of fused rows.
     *
     * @param fused F32 {@code [N, (H + 2G)·size]}
     * @return {@code H} heads
     */
    public HeadRows queriesOf(Tensor fused) {
        return ofFused(fused, 0, perGroup());
    }

    /**
     * The keys of fused rows.
     *
     * @param fused F32 {@code [N, (H + 2G)·size]}
     * @return {@code G} heads
     */
    public HeadRows keysOf(Tensor fused) {
        return ofFused(fused, perGroup(), 1);
    }

    /**
     * The values of fused rows.
     *
     * @param fused F32 {@code [N, (H + 2G)·size]}
     * @return {@code G} heads
     */
    public HeadRows valuesOf(Tensor fused) {
        return ofFused(fused, perGroup() + 1, 1);
    }

    /**
     * Queries and keys of fused rows: what rotary positions turn.
     *
     * @param fused F32 {@code [N, (H + 2G)·size]}
     * @return {@code H + G} heads: of each group its queries, then its key
     */
    public HeadRows queriesAndKeysOf(Tensor fused) {
        return ofFused(fused, 0, perGroup() + 1);
    }

    /** A part of every group. */
    private HeadRows ofFused(Tensor fused, int before, int run) {
        Check.that("heads").is(fused.shape().columns() == fusedWidth(), "%s does not fit %s", fused, this);
        return new HeadRows(fused, before * size, groups * run, size, run, (perGroup() + 2) * size);
    }
}
