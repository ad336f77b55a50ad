package dev.unmask.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A piece of off-heap memory that grows when more is asked for, without keeping what it held. */
final class Scratch implements AutoCloseable {
    private Arena arena = Arena.ofShared();
    private MemorySegment memory = MemorySegment.NULL;

    /**
     * Memory of at least a size, aligned to {@link Memory#ALIGNMENT}; addresses given before become invalid if it
     * grows.
     *
     * @param bytes the size
     * @return its address
     */
    long atLeast(long bytes) {
        if (memory.byteSize() < bytes) {
            arena.close();
            arena = Arena.ofShared();
            // Half as much again: sizes that creep up do not reallocate each time.
            memory = arena.allocate(Memory.aligned(bytes + bytes / 2), Memory.ALIGNMENT);
        }
        return memory.address();
    }

    @Override
    public void close() {
        arena.close();
        memory = MemorySegment.NULL;
    }
}
