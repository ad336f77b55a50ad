package dev.unmask.vector.work;

import dev.unmask.vector.lanes.Memory;

import java.lang.foreign.MemorySegment;

/**
 * Memory that kernels use while they run and share with all others: a part for each worker, and one part for the kernel
 * as a whole. It grows when kernels are bound, so its addresses are asked for in each run.
 */
public final class Workspace {
    private final int workers;
    private final Storage storage;
    private MemorySegment shared = MemorySegment.NULL;
    private MemorySegment own = MemorySegment.NULL;
    private long sharedBytes;
    private long ownBytes;

    /**
     * An empty workspace.
     *
     * @param workers how many workers there are
     * @param storage where its memory comes from
     */
    public Workspace(int workers, Storage storage) {
        this.workers = workers;
        this.storage = storage;
    }

    /**
     * What it takes.
     *
     * @return bytes
     */
    public long bytes() {
        return sharedBytes + ownBytes * workers;
    }

    /**
     * Makes room for a kernel as a whole.
     *
     * @param bytes what it needs
     * @throws OutOfDeviceMemoryException if there is no room
     */
    public void reserveShared(long bytes) {
        if (bytes > sharedBytes) {
            // The old one stays until there is a new one: programs that are bound to it must be able to go on.
            shared = storage.allocate("workspace of a kernel", bytes);
            sharedBytes = bytes;
        }
    }

    /**
     * Makes room for each worker.
     *
     * @param bytes what one worker needs
     * @throws OutOfDeviceMemoryException if there is no room
     */
    public void reserveEach(long bytes) {
        if (bytes > ownBytes) {
            long rounded = Memory.aligned(bytes);
            own = storage.allocate("workspace of the workers", rounded * workers);
            ownBytes = rounded;
        }
    }

    /**
     * The part of the kernel as a whole.
     *
     * @return its address, 64-byte aligned
     */
    public long shared() {
        return shared.address();
    }

    /**
     * The part of the kernel as a whole.
     *
     * @param bytes what is going to be used of it
     * @return its address, 64-byte aligned
     * @throws IllegalStateException if so much was not reserved
     */
    public long shared(long bytes) {
        if (bytes > sharedBytes) {
            throw new IllegalStateException(
                    "a kernel needs " + bytes + " bytes of workspace, and has reserved " + sharedBytes);
        }
        return shared();
    }

    /**
     * The part of one worker.
     *
     * @param worker its number
     * @return its address, 64-byte aligned
     */
    public long of(int worker) {
        return own.address() + worker * ownBytes;
    }
}
