package dev.unmask.vector;

import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.program.MemoryUse;
import dev.unmask.vector.gemm.KeptPanels;
import dev.unmask.vector.gemm.Panels;
import dev.unmask.vector.work.Storage;

import java.lang.foreign.MemorySegment;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Memory for {@link KeptPanels}, as long as all of them take at most a share of what the JVM may take outside its heap:
 * panels save time, and must not be what a model fails for.
 */
final class KeptMemory {
    /** The system property that keeps no panels if it is {@code false}. */
    static final String PROPERTY = "unmask.vector.keep";

    private static final int SHARE = 4;

    private final List<Piece> pieces = new ArrayList<>();

    private record Piece(WeakReference<KeptPanels> owner, long bytes) {}

    /** How many bytes may be taken, at most. */
    static long limit() {
        return "false".equals(System.getProperty(PROPERTY)) ? 0 : MemoryUse.Limit.offHeap().bytes() / SHARE;
    }

    /**
     * The panels of a weight: those that it has, or new ones, if there is room.
     *
     * @param weight {@code [out, in]}, with memory of its own
     * @param panels how they are packed
     * @return the panels; empty if there is no room
     */
    Optional<KeptPanels> of(VectorTensor weight, Panels panels) {
        if (weight.keptPanels(panels).isEmpty()) {
            long bytes = KeptPanels.bytes(panels, weight);
            if (taken() + bytes <= limit()) {
                allocate(weight, bytes)
                        .ifPresent(memory -> {
                            KeptPanels kept = new KeptPanels(panels, weight.shape().rows(), memory, weight::version);
                            pieces.add(new Piece(new WeakReference<>(kept), bytes));
                            weight.keep(panels, kept);
                        });
            }
        }
        return weight.keptPanels(panels);
    }

    private long taken() {
        pieces.removeIf(piece -> piece.owner.get() == null);
        return pieces.stream().mapToLong(Piece::bytes).sum();
    }

    private static Optional<MemorySegment> allocate(VectorTensor weight, long bytes) {
        try {
            return Optional.of(Storage.OFF_HEAP.allocate("panels of " + weight, bytes));
        } catch (OutOfDeviceMemoryException full) {
            return Optional.empty();
        }
    }
}
