package dev.unmask.tornado;

import java.util.List;

/**
 * What a plan runs at a time: a task graph of kernels, products by a library, attention, or what became a CUDA graph.
 */
sealed interface Piece permits Segment, Products, Fused, Captured {
    /** Whether a run never differs from the next but in what is in memory, so that a CUDA graph may repeat it. */
    boolean isRepeatable();

    /** The calls of kernels, in order. */
    List<Launch> launches();
}
