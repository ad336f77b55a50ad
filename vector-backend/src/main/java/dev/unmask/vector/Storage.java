package dev.unmask.vector;

import dev.unmask.tensor.OutOfDeviceMemoryException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Off-heap memory, given back when nothing refers to it any more. */
final class Storage {
    private Storage() {}

    /**
     * Zeroed memory.
     *
     * @param what what it is for, in messages
     * @param bytes how much
     * @return a 64-byte aligned segment
     * @throws OutOfDeviceMemoryException if there is no room
     */
    static MemorySegment allocate(String what, long bytes) {
        try {
            return Arena.ofAuto().allocate(Math.max(bytes, 1), Memory.ALIGNMENT);
        } catch (OutOfMemoryError refused) {
            throw new OutOfDeviceMemoryException(
                    what
                            + " needs "
                            + bytes
                            + " bytes outside the heap, and there is no room: "
                            + refused.getMessage()
                            + "; raise -XX:MaxDirectMemorySize, or use a smaller batch",
                    refused);
        }
    }
}
