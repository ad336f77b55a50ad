package dev.unmask.tornado;

import dev.unmask.tensor.OutOfDeviceMemoryException;

import uk.ac.manchester.tornado.api.common.TornadoDevice;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.Locale;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The memory of a device: one array of floats and one of words, from which tensors, programs and temporaries are cut.
 *
 * <p>It starts small and doubles when it is full, by way of the host. Blocks come back when their owner is garbage; the
 * cleaner's thread only notes them, and the thread that uses the backend takes them.
 */
final class DeviceMemory implements AutoCloseable {
    /** A piece of one of the arrays. */
    record Block(boolean inWords, int address, int elements) {}

    /** The flag that raises what TornadoVM takes of a device. */
    static final String LIMIT_FLAG = "tornado.device.memory";

    private static final int INITIAL_FLOATS = 1 << 22;
    private static final int INITIAL_WORDS = 1 << 18;
    private static final long TORNADO_DEFAULT = 4L << 30;
    private static final long STAGING_BYTES = 8L * (Transfers.SMALL + Transfers.LARGE) * 4;
    private static final long GARBAGE_WAIT_MILLIS = 200;

    private final TornadoDevice device;
    private final Cleaner cleaner = Cleaner.create();
    private final LinkedBlockingQueue<Block> garbage = new LinkedBlockingQueue<>();
    private final Space floats;
    private final Space words;
    private DevicePlan plan;

    DeviceMemory(TornadoDevice device) {
        this.device = device;
        this.plan = IdlePlans.take(device).orElseGet(() -> new DevicePlan(device, INITIAL_FLOATS, INITIAL_WORDS));
        this.floats = new Space(0, plan.floatElements());
        this.words = new Space(Arguments.FIRST_WORD, plan.wordElements());
    }

    DevicePlan plan() {
        return plan;
    }

    /** Bytes that tensors and programs take. */
    long usedBytes() {
        return (floats.used() + words.used()) * 4;
    }

    /** Room for a number of elements, which comes back when the owner is garbage. */
    Block allocate(Object owner, String name, boolean inWords, long elements) {
        Block block = allocate(name, inWords, elements);
        cleaner.register(owner, () -> garbage.add(block));
        return block;
    }

    /** Room for a number of elements, until {@link #release}. */
    Block allocate(String name, boolean inWords, long elements) {
        takeGarbage();
        if (elements > Integer.MAX_VALUE - 64) {
            throw outOfMemory(name, elements);
        }
        Space space = inWords ? words : floats;
        int address = space.allocate((int) elements);
        if (address < 0 && mustCollect(space, elements)) {
            waitForGarbage();
            address = space.allocate((int) elements);
        }
        if (address < 0) {
            grow(name, inWords, (int) elements);
            address = space.allocate((int) elements);
        }
        return new Block(inWords, address, (int) elements);
    }

    void release(Block block) {
        (block.inWords() ? words : floats).release(block.address(), block.elements());
    }

    private void takeGarbage() {
        for (Block block = garbage.poll(); block != null; block = garbage.poll()) {
            release(block);
        }
    }

    /** Tensors do not weigh on the Java heap, so their garbage is collected before the memory would grow too large. */
    private boolean mustCollect(Space space, long elements) {
        return 4 * (2L * space.capacity() + elements) > limitBytes();
    }

    private void waitForGarbage() {
        System.gc();
        try {
            for (Block block = next(); block != null; block = next()) {
                release(block);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Block next() throws InterruptedException {
        return garbage.poll(GARBAGE_WAIT_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Bytes of the largest array of floats that the device and TornadoVM's own limit allow. */
    private long limitBytes() {
        long other = words.capacity() * 4L + STAGING_BYTES;
        return Math.min(
                4L * (Integer.MAX_VALUE - 64), Math.min(device.getMaxAllocMemory() - 64, tornadoLimit() - other));
    }

    private static long tornadoLimit() {
        String limit = System.getProperty(LIMIT_FLAG, "").strip().toUpperCase(Locale.ROOT);
        if (limit.endsWith("GB")) {
            return Long.parseLong(limit.substring(0, limit.length() - 2)) << 30;
        }
        if (limit.endsWith("MB")) {
            return Long.parseLong(limit.substring(0, limit.length() - 2)) << 20;
        }
        return TORNADO_DEFAULT;
    }

    private void grow(String name, boolean inWords, int elements) {
        Space space = inWords ? words : floats;
        long needed = (long) space.capacity() + Space.rounded(elements);
        long wanted = Math.max(2L * space.capacity(), needed);
        long limit = limitBytes() / 4 / 16 * 16;
        if (needed > limit) {
            throw outOfMemory(name, elements);
        }
        int newCapacity = (int) Math.min(wanted, limit);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment oldFloats = arena.allocate(floats.capacity() * 4L, 64);
            MemorySegment oldWords = arena.allocate(words.capacity() * 4L, 64);
            Transfers.downloadFloats(plan, 0, oldFloats);
            Transfers.downloadWords(plan, 0, oldWords);
            plan.close();
            space.grow(newCapacity);
            plan = new DevicePlan(device, floats.capacity(), words.capacity());
            Transfers.uploadFloats(plan, 0, oldFloats);
            Transfers.uploadWords(plan, 0, oldWords);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw new OutOfDeviceMemoryException(message(name, elements), e);
        }
    }

    private OutOfDeviceMemoryException outOfMemory(String name, long elements) {
        return new OutOfDeviceMemoryException(message(name, elements), null);
    }

    private String message(String name, long elements) {
        return "tornado: no room for %s: %d MiB more than the %d MiB in use; the device %s has %d MiB, at most %d MiB in one piece, and TornadoVM may take %d MiB. Use a smaller batch, or raise -D%s=%dGB and -XX:MaxDirectMemorySize"
                .formatted(
                        name,
                        elements * 4 >> 20,
                        usedBytes() >> 20,
                        device.getPhysicalDevice().getDeviceName(),
                        device.getPhysicalDevice().getDeviceGlobalMemorySize() >> 20,
                        device.getMaxAllocMemory() >> 20,
                        tornadoLimit() >> 20,
                        LIMIT_FLAG,
                        1 + (usedBytes() + elements * 4 >> 29));
    }

    @Override
    public void close() {
        IdlePlans.give(device, plan);
    }
}
