package dev.unmask.vector.gemm;

import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import java.util.Optional;

/**
 * The matrix product in the way that serves its extents: a {@link BlockedProduct}, or for few rows something that reads
 * B only once.
 *
 * <p>The bits of a row are the same whatever the number of workers, the width of vectors, the size of caches, and the
 * number of other rows. (The exception: {@link DotGemm}, for few rows.)
 *
 * <p>Measured with one thread, by CPU time, on 21 products of the 34M and 170M presets in float32 (forward, and both
 * backward products; M of 64 to 8192): 203 to 245 GFLOP/s where register-only arithmetic reaches 245, and 1.86 to 2.36
 * times, geometric mean 2.06, PyTorch 2.13 with MKL, which runs at 100 to 115 there (Temurin 25.0.3, EPYC (Zen 5),
 * 2026-11, a busy machine).
 */
final class FittingProduct implements MatrixProduct {
    private final GemmPacking.Items columnsOfB;
    private final DotGemm dots;
    private final Optional<SmallGemm> small;
    private final BlockedProduct blocks;

    private FittingProduct(
            GemmPacking.Items columnsOfB, DotGemm dots, Optional<SmallGemm> small, BlockedProduct blocks) {
        this.columnsOfB = columnsOfB;
        this.dots = dots;
        this.small = small;
        this.blocks = blocks;
    }

    /**
     * A product in float32.
     *
     * @param workers who do it
     * @param workspace where factors are packed
     * @param places of the operands
     * @param rounding whether both factors are rounded to bfloat16 first
     */
    static FittingProduct float32(Workers workers, Workspace workspace, Places places, boolean rounding) {
        Float32Panels panels = new Float32Panels(rounding);
        return new FittingProduct(
                places.columnsOfB(),
                new DotGemm(workers, workspace, places, rounding),
                Optional.of(new SmallGemm(workers, workspace, panels, places)),
                new BlockedProduct(workers, workspace, panels, places, Optional.empty()));
    }

    /**
     * A product of factors that are rounded to bfloat16.
     *
     * @param workers who do it
     * @param workspace where factors are packed
     * @param places of the operands
     * @param panels that machine code multiplies
     */
    static FittingProduct bfloat16(Workers workers, Workspace workspace, Places places, BFloat16Panels panels) {
        return new FittingProduct(
                places.columnsOfB(),
                new DotGemm(workers, workspace, places, true),
                Optional.empty(),
                new BlockedProduct(workers, workspace, panels, places, Optional.empty()));
    }

    /** The way that so many rows are multiplied. */
    private MatrixProduct way(int m) {
        if (DotGemm.serves(m, columnsOfB)) {
            return dots;
        }
        return small.isPresent() && m <= SmallGemm.MOST_ROWS ? small.get() : blocks;
    }

    @Override
    public void reserve(int m, int n, int k) {
        // Fewer rows may go another way.
        way(Math.min(m, 1)).reserve(m, n, k);
        way(Math.min(m, SmallGemm.MOST_ROWS)).reserve(m, n, k);
        way(m).reserve(m, n, k);
    }

    @Override
    public void run(int m, int n, int k) {
        if (m > 0 && n > 0) {
            way(m).run(m, n, k);
        }
    }
}
