package dev.unmask.vector.gemm;

import dev.unmask.tensor.Tensor;

import java.lang.foreign.MemorySegment;
import java.util.function.LongSupplier;

/**
 * All panels of a right operand, kept from product to product until what they were packed from changes.
 *
 * <p>Blocks of k follow each other; in a block, panel follows panel.
 */
public final class KeptPanels {
    private static final long NEVER = -1;

    private final Panels panels;
    private final int columns;
    private final MemorySegment memory;
    private final LongSupplier version;
    private long packed = NEVER;

    /**
     * Panels that are not packed yet.
     *
     * @param panels how they are packed
     * @param columns of the operand
     * @param memory of {@link #bytes}
     * @param version counts the changes of the operand
     */
    public KeptPanels(Panels panels, int columns, MemorySegment memory, LongSupplier version) {
        this.panels = panels;
        this.columns = columns;
        this.memory = memory;
        this.version = version;
    }

    /** Bytes of the panels of a weight, {@code [out, in]}. */
    public static long bytes(Panels panels, Tensor weight) {
        int columns = weight.shape().rows();
        int k = weight.shape().columns();
        int whole = k / panels.steps();
        int rest = k - whole * panels.steps();
        long bytesOfSteps = whole * panels.bytesOfB(panels.steps()) + (rest == 0 ? 0 : panels.bytesOfB(rest));
        return Math.ceilDiv(columns, panels.columns()) * bytesOfSteps;
    }

    /** Whether they are those of the operand as it is now. */
    public boolean areCurrent() {
        return packed == version.getAsLong();
    }

    /** Notes that all have been packed from the operand as it is now. */
    void havePacked() {
        packed = version.getAsLong();
    }

    /**
     * Where a panel lies.
     *
     * @param column its first, a multiple of {@link Panels#columns()}
     * @param step its first, a multiple of {@link Panels#steps()}
     * @param steps of this block of k
     */
    long address(int column, int step, int steps) {
        long blocks = step / panels.steps();
        long before = blocks * Math.ceilDiv(columns, panels.columns()) * panels.bytesOfB(panels.steps());
        return memory.address() + before + column / panels.columns() * panels.bytesOfB(steps);
    }
}
