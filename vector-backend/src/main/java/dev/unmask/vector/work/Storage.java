package dev.unmask.vector.work;

import dev.unmask.tensor.ByteSize;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.vector.lanes.Memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Where memory outside the Java heap comes from. */
public interface Storage {
    /** Memory that is given back when nothing refers to it any more. */
    Storage OFF_HEAP = Storage::offHeap;

    /** No memory: for a dry run, which never looks at what is there. */
    Storage NONE = (what, bytes) -> MemorySegment.NULL;

    /**
     * Zeroed memory.
     *
     * @param what what it is for, in messages
     * @param bytes how much
     * @return a 64-byte aligned segment
     * @throws OutOfDeviceMemoryException if there is no room
     */
    MemorySegment allocate(String what, long bytes);

    private static MemorySegment offHeap(String what, long bytes) {
        try {
            return Arena.ofAuto().allocate(Math.max(bytes, 1), Memory.ALIGNMENT);
        } catch (OutOfMemoryError refused) {
            throw new OutOfDeviceMemoryException(
                    what
                            + " needs "
                            + ByteSize.of(bytes)
                            + " outside the heap, and there is no room: "
                            + refused.getMessage()
                            + "; raise -XX:MaxDirectMemorySize, or use a smaller batch",
                    refused);
        }
    }
}
