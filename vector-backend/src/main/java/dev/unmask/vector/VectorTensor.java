package dev.unmask.vector;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.MappedFiles;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.vector.gemm.KeptPanels;
import dev.unmask.vector.gemm.Panels;
import dev.unmask.vector.work.Storage;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A tensor in off-heap memory, or the name of one that has memory only inside a program. */
final class VectorTensor extends Tensor {
    private final VectorBackend backend;
    private final Optional<MemorySegment> storage;
    private final Map<Panels, KeptPanels> keptPanels = new HashMap<>();
    private long version;

    private VectorTensor(
            VectorBackend backend,
            Origin origin,
            String name,
            DType dtype,
            Shape shape,
            Optional<MemorySegment> storage) {
        super(backend.turns(), origin, name, dtype, shape);
        this.backend = backend;
        this.storage = storage;
    }

    /** A tensor without memory. */
    static VectorTensor declare(VectorBackend backend, String name, DType dtype, Shape shape) {
        return new VectorTensor(backend, Origin.DECLARED, name, dtype, shape, Optional.empty());
    }

    /** A declared tensor with memory of its own. */
    static VectorTensor allocate(VectorTensor declared) {
        return declared.in(Origin.ALLOCATED, Storage.OFF_HEAP.allocate("tensor " + declared, declared.bytes()));
    }

    /** A declared tensor whose elements are there already, and must only be read. */
    static VectorTensor wrap(VectorTensor declared, MemorySegment data) {
        if (data.isNative()) {
            return declared.in(Origin.WRAPPED, data.asReadOnly());
        }
        MemorySegment copy = Storage.OFF_HEAP.allocate("tensor " + declared, declared.bytes());
        copy.asSlice(0, declared.bytes()).copyFrom(data);
        return declared.in(Origin.WRAPPED, copy.asReadOnly());
    }

    private VectorTensor in(Origin origin, MemorySegment memory) {
        return new VectorTensor(backend, origin, name(), dtype(), shape(), Optional.of(memory));
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

    /** Panels of the elements, packed in a certain way, if they are kept. */
    Optional<KeptPanels> keptPanels(Panels panels) {
        return Optional.ofNullable(keptPanels.get(panels));
    }

    /** Keeps panels of the elements for as long as this lives. */
    void keep(Panels panels, KeptPanels kept) {
        keptPanels.put(panels, kept);
    }

    @Override
    protected void copyFrom(MemorySegment source) {
        changes();
        memory().copyFrom(source);
    }

    @Override
    protected void copyTo(long first, MemorySegment target) {
        MemorySegment elements = memory().asSlice(first * dtype().bytes(), target.byteSize());
        MappedFiles.requireThere(this, elements);
        target.copyFrom(elements);
    }

    private MemorySegment memory() {
        return storage.orElseThrow().asSlice(0, bytes());
    }
}
