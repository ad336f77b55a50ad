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
     * Where a query head begins in a fused row.
     *
     * @param head from 0 to {@code H - 1}
     * @return its first column
     */
    public int queryColumn(int head) {
        return (head / perGroup() * (perGroup() + 2) + head % perGroup()) * size;
    }

    /**
     * Where a group's key begins in a fused row.
     *
     * @param group from 0 to {@code G - 1}
     * @return its first column
     */
    public int keyColumn(int group) {
        return (group * (perGroup() + 2) + perGroup()) * size;
    }

    /**
     * Where a group's value begins in a fused row.
     *
     * @param group from 0 to {@code G - 1}
     * @return its first column
     */
    public int valueColumn(int group) {
        return keyColumn(group) + size;
    }
}
