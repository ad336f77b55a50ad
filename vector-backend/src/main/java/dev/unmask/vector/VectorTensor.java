package dev.unmask.vector;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** A tensor in off-heap memory, or the name of one that has memory only inside a program. */
final class VectorTensor extends Tensor {
    private final VectorBackend backend;
    private final Optional<MemorySegment> storage;
    private Optional<KeptPanels> keptPanels = Optional.empty();
    private long version;

    VectorTensor(VectorBackend backend, String name, DType dtype, Shape shape, Optional<MemorySegment> storage) {
        super(name, dtype, shape);
        this.backend = backend;
        this.storage = storage;
    }

    /** The backend that made this tensor. */
    VectorBackend backend() {
        return backend;
    }

    /** Where the elements lie; empty for a temporary. */
    Optional<MemorySegment> storage() {
        return storage;
    }

    /** Counts how often the elements may have changed. */
    long version() {
        return version;
    }

    /** Notes that the elements may change. */
    void changes() {
        version++;
    }

    /** Panels of the elements, if some are kept. */
    Optional<KeptPanels> keptPanels() {
        return keptPanels;
    }

    /** Keeps panels of the elements for as long as this lives. */
    void keep(KeptPanels panels) {
        keptPanels = Optional.of(panels);
    }

    @Override
    public void upload(MemorySegment source) {
        requireLength(source);
        MemorySegment target = memory();
        if (target.isReadOnly()) {
            throw new IllegalStateException(
                    this + " wraps memory that may only be read; allocate a tensor to write to");
        }
        changes();
        target.copyFrom(source);
    }

    @Override
    protected void copyTo(long first, MemorySegment target) {
        target.copyFrom(memory().asSlice(first * dtype().bytes(), target.byteSize()));
    }

    private MemorySegment memory() {
        return storage.orElseThrow(() ->
                        new IllegalStateException(
                                this
                                        + " is temporary and has memory only inside its program; copy it to an"
                                        + " allocated tensor as the program's last kernel"))
                .asSlice(0, bytes());
    }
}
