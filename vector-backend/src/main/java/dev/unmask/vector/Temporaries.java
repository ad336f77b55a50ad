package dev.unmask.vector;

import dev.unmask.tensor.OutOfDeviceMemoryException;

import java.lang.foreign.MemorySegment;

/**
 * The memory of temporaries: one block for all programs of a backend, as long as the largest of them needs. Programs
 * run one at a time, and temporaries hold nothing between two runs.
 */
final class Temporaries {
    private final Storage storage;
    private MemorySegment block = MemorySegment.NULL;
    private long bytes;

    /**
     * No memory yet.
     *
     * @param storage where it comes from
     */
    Temporaries(Storage storage) {
        this.storage = storage;
    }

    /**
     * Makes room; what was there may move, and is lost.
     *
     * @param what whose temporaries, in messages
     * @param wanted how much, bytes
     * @return where the block starts, 64-byte aligned
     * @throws OutOfDeviceMemoryException if there is no room
     */
    long reserve(String what, long wanted) {
        if (wanted > bytes) {
            // Given up before a larger one is asked for, as both may not fit.
            block = MemorySegment.NULL;
            bytes = 0;
            block = storage.allocate(what, wanted);
            bytes = wanted;
        }
        return block.address();
    }

    /**
     * The length of the block.
     *
     * @return bytes
     */
    long bytes() {
        return bytes;
    }
}
