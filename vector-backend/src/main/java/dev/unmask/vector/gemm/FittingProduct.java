package dev.unmask.vector.gemm;

import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import java.util.Optional;

/**
 * The matrix product in the way that serves its extents: a {@link BlockedProduct}, or for few rows a {@link SmallGemm},
 * which reads B only once. Both give the same bits.
 *
 * <p>So the bits of a row are the same whatever the number of workers, the size of caches, and the number of other
 * rows; in float32 whatever the width of vectors too.
 *
 * <p>Measured with one thread, by CPU time, on 21 products of the 34M and 170M presets in float32 (forward, and both
 * backward products; M of 64 to 8192): 203 to 245 GFLOP/s where register-only arithmetic reaches 245, and 1.86 to 2.36
 * times, geometric mean 2.06, PyTorch 2.13 with MKL, which runs at 100 to 115 there (Temurin 25.0.3, EPYC (Zen 5),
 * 2026-11, a busy machine).
 */
public final class FittingProduct implements MatrixProduct {
    private final SmallGemm small;
    private final BlockedProduct blocks;
    private final int mostOfSmall;

    /**
     * Prepares a product.
     *
     * @param workers who do it
     * @param workspace where factors are packed
     * @param panels how
     * @param places of the operands
     * @param kept where the panels of B are kept, if they are; then every run multiplies by all of B
     */
    public FittingProduct(
            Workers workers, Workspace workspace, Panels panels, Places places, Optional<KeptPanels> kept) {
        this(workers, workspace, panels, places, kept, SmallGemm.MOST_ROWS);
    }

    /**
     * Prepares a product.
     *
     * @param mostOfSmall up to how many rows few rows pay, at most {@link SmallGemm#MOST_ROWS}
     */
    FittingProduct(
            Workers workers,
            Workspace workspace,
            Panels panels,
            Places places,
            Optional<KeptPanels> kept,
            int mostOfSmall) {
        small = new SmallGemm(workers, workspace, panels, places, kept);
        blocks = new BlockedProduct(workers, workspace, panels, places, kept);
        // Where rows of B run across panels that can be cut, a block reads them whole, in 60 % of the time.
        boolean across = !places.columnsOfB().alongK() && panels.stepsOfPart() < panels.steps();
        this.mostOfSmall = kept.isEmpty() && across ? 0 : mostOfSmall;
    }

    /** The way that so many rows are multiplied. */
    private MatrixProduct way(int m) {
        return m <= mostOfSmall ? small : blocks;
    }

    @Override
    public void reserve(int m, int n, int k) {
        // Fewer rows may go another way.
        way(Math.min(m, mostOfSmall)).reserve(m, n, k);
        way(m).reserve(m, n, k);
    }

    @Override
    public void run(int m, int n, int k) {
        if (m > 0 && n > 0) {
            way(m).run(m, n, k);
        }
    }
}
