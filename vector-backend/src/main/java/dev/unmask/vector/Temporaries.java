package dev.unmask.vector;

import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.vector.work.Storage;

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
            long before = bytes;
            give();
            try {
                take(what, wanted);
            } catch (OutOfDeviceMemoryException refused) {
                // As long as before: programs that need no more go on, at another place.
                take("temporaries", before);
                throw refused;
            }
        }
        return block.address();
    }

    /** Before a larger one is asked for, as both may not fit. */
    private void give() {
        block = MemorySegment.NULL;
        bytes = 0;
    }

    private void take(String what, long wanted) {
        block = storage.allocate(what, wanted);
        bytes = wanted;
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
