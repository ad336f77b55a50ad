package dev.unmask.tornado;

import dev.unmask.tensor.ByteSize;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.Turns;
import dev.unmask.tensor.program.MemoryUse.Limit;

import java.lang.ref.Cleaner;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The memory of a device: one array of floats and one of words, from which tensors, programs and temporaries are cut.
 *
 * <p>It starts with the room that was planned, or small, and doubles when it is full, by way of the host. Blocks come
 * back when their owner is garbage; the cleaner's thread only notes them, and the thread that uses the backend takes
 * them.
 */
final class DeviceMemory implements AutoCloseable {
    /** A piece of one of the arrays. */
    record Block(boolean inWords, int address, int elements) {}

    /** Length of the array of floats at first. */
    static final int INITIAL_FLOATS = 1 << 22;

    /** Length of the array of words at first. */
    static final int INITIAL_WORDS = 1 << 18;

    /** Floats beside those planned, for the self-test. */
    static final long SPARE_FLOATS = 1 << 21;

    /** Words beside those planned, for the self-test. */
    static final long SPARE_WORDS = 1 << 16;

    private static final int MOST_WORDS_AT_FIRST = 1 << 28;
    private static final long GARBAGE_WAIT_MILLIS = 200;

    /** One for all, as each has a thread. */
    private static final Cleaner CLEANER = Cleaner.create();

    private final Turns turns = new Turns(TornadoBackend.NAME);
    private final Device device;
    private final LinkedBlockingQueue<Block> garbage = new LinkedBlockingQueue<>();
    private final Space floats;
    private final Space words;
    private DevicePlan plan;

    /** With room for so many floats and words from the start, as far as there is so much. */
    DeviceMemory(Device device, long floatElements, long wordElements) {
        this.device = device;
        int atLeastWords = Math.clamp(wordElements + SPARE_WORDS, INITIAL_WORDS, MOST_WORDS_AT_FIRST);
        int atLeastFloats =
                (int)
                        Math.max(
                                INITIAL_FLOATS,
                                Math.min(floatElements + SPARE_FLOATS, mostElements(device, atLeastWords)));
        this.plan = plan(device, atLeastFloats, atLeastWords);
        this.floats = new Space(0, plan.floatElements());
        this.words = new Space(Arguments.FIRST_WORD, plan.wordElements());
    }

    private static DevicePlan plan(Device device, int floatElements, int wordElements) {
        Optional<DevicePlan> idle = IdlePlans.take(device);
        if (idle.isPresent()) {
            if (idle.get().floatElements() >= floatElements && idle.get().wordElements() >= wordElements) {
                return idle.get();
            }
            idle.get().close();
        }
        try {
            return device.plan(floatElements, wordElements);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw new OutOfDeviceMemoryException(
                    String.format(
                            Locale.ROOT,
                            "%s did not give %s, of its %s: %s",
                            device.name(),
                            ByteSize.of(4L * floatElements),
                            ByteSize.of(device.memoryBytes()),
                            firstLine(e)),
                    e);
        }
    }

    DevicePlan plan() {
        return plan;
    }

    /** Who may use the backend whose memory this is. */
    Turns turns() {
        return turns;
    }

    String deviceName() {
        return device.name();
    }

    /** Room for a number of elements, which comes back when the owner is garbage. */
    Block allocate(Object owner, String name, boolean inWords, long elements) {
        Block block = allocate(name, inWords, elements);
        CLEANER.register(owner, () -> garbage.add(block));
        return block;
    }

    /** Room for a number of elements, until {@link #release}. */
    Block allocate(String name, boolean inWords, long elements) {
        takeGarbage();
        if (elements > DeviceLimits.MOST_ELEMENTS) {
            throw new OutOfDeviceMemoryException(
                    String.format(
                            Locale.ROOT,
                            "%s has %d elements, %s; an array of TornadoVM has at most %d, %s",
                            name,
                            elements,
                            ByteSize.of(elements * 4),
                            DeviceLimits.MOST_ELEMENTS,
                            ByteSize.of(DeviceLimits.MOST_ELEMENTS * 4L)),
                    null);
        }
        Space space = inWords ? words : floats;
        int address = space.allocate((int) elements);
        if (address < 0) {
            // Tensors do not weigh on the Java heap, so that many may be garbage that nobody has collected.
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

    /** Elements that an array of floats may have beside one of words. */
    static long mostElements(Device device, long wordElements) {
        return (tightest(device, wordElements).bytes() - DeviceLimits.besides(wordElements)) / 4 / 16 * 16;
    }

    private static Limit tightest(Device device, long wordElements) {
        return DeviceLimits.of(device, wordElements).stream().min(Comparator.comparingLong(Limit::bytes)).orElseThrow();
    }

    private void grow(String name, boolean inWords, int elements) {
        Space space = inWords ? words : floats;
        long needed = (long) space.capacity() - space.freeAtEnd() + Space.rounded(elements);
        long limit = mostElements(device, words.capacity());
        if (needed > limit) {
            throw outOfMemory(name, elements);
        }
        int newCapacity = (int) Math.max(needed, Math.min(2L * space.capacity(), limit));
        try {
            plan = inWords ? plan.resized(floats.capacity(), newCapacity) : plan.resized(newCapacity, words.capacity());
        } catch (LongerPlanRefused refused) {
            plan = refused.kept();
            throw new OutOfDeviceMemoryException(
                    message(name, elements) + "; TornadoVM said: " + firstLine(refused), refused);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw new OutOfDeviceMemoryException(message(name, elements) + "; TornadoVM said: " + firstLine(e), e);
        }
        space.grow(newCapacity);
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip();
    }

    private OutOfDeviceMemoryException outOfMemory(String name, long elements) {
        return new OutOfDeviceMemoryException(message(name, elements), null);
    }

    private String message(String name, long elements) {
        long besides = DeviceLimits.besides(words.capacity());
        long bytes = (floats.used() + elements) * 4 + besides;
        List<Limit> exceeded = DeviceLimits.exceeded(DeviceLimits.of(device, words.capacity()), bytes);
        return String.format(
                Locale.ROOT,
                "no room on %s for %s, %s: with the %s in use and %s besides that makes %s, and %s; its memory is %s",
                device.name(),
                name,
                ByteSize.of(elements * 4),
                ByteSize.of(floats.used() * 4),
                ByteSize.of(besides),
                ByteSize.of(bytes),
                exceeded.isEmpty() ? "no free piece is as long" : DeviceLimits.described(exceeded),
                ByteSize.of(device.memoryBytes()));
    }

    @Override
    public void close() {
        IdlePlans.give(device, plan);
    }
}
