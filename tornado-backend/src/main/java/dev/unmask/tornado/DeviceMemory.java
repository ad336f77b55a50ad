package dev.unmask.tornado;

import dev.unmask.tensor.ByteSize;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.Turns;
import dev.unmask.tensor.program.MemoryUse.Limit;

import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The memory of a device: arrays of floats and one of words, from which tensors, programs and temporaries are cut.
 *
 * <p>It starts with the room that was planned, or small, and doubles when it is full, by way of the host; where an
 * array is as long as it may be, there is one more. Blocks come back when their owner is garbage; the cleaner's thread
 * only notes them, and the thread that uses the backend takes them.
 */
final class DeviceMemory implements AutoCloseable {
    /**
     * A piece of one of the arrays.
     *
     * @param inWords whether of that of words
     * @param address where it begins, see {@link Address}
     * @param elements how long it is
     */
    record Block(boolean inWords, long address, int elements) {
        /** Where a block of words begins. */
        int wordAddress() {
            return Math.toIntExact(address);
        }
    }

    /** Length of the array of floats at first. */
    static final int INITIAL_FLOATS = 1 << 22;

    /** Length of the array of words at first. */
    static final int INITIAL_WORDS = 1 << 18;

    /** Floats beside those planned, for the self-test. */
    static final int SPARE_FLOATS = 1 << 21;

    /** Words beside those planned, for the self-test. */
    static final int SPARE_WORDS = 1 << 16;

    private static final int MOST_WORDS_AT_FIRST = 1 << 28;
    private static final long GARBAGE_WAIT_MILLIS = 200;

    /** One for all, as each has a thread. */
    private static final Cleaner CLEANER = Cleaner.create();

    private final Turns turns = new Turns(TornadoBackend.NAME);
    private final Device device;
    private final BankOptions options = BankOptions.fromFlag();
    private final LinkedBlockingQueue<Block> garbage = new LinkedBlockingQueue<>();
    private final BankSpaces floats;
    private final Space words;
    private DevicePlan plan;

    /** With as little as there is at first. */
    DeviceMemory(Device device) {
        this(device, new Lengths(List.of(INITIAL_FLOATS), INITIAL_WORDS));
    }

    /** With room for so many floats and words, and for the self-test, from the start. */
    DeviceMemory(Device device, Lengths planned) {
        this.device = device;
        this.plan = plan(device, options.atLeast(planned));
        this.floats = new BankSpaces(plan.lengths().floats(), options.inTurns());
        this.words = new Space(Arguments.FIRST_WORD, plan.lengths().words());
    }

    /** Arrays for what is planned, and for the self-test. */
    static Lengths withSpare(Device device, List<Integer> planned, long wordElements) {
        int most = DeviceLimits.mostElementsOfBank(device);
        List<Integer> lengths = new ArrayList<>(planned.isEmpty() ? List.of(0) : planned);
        int last = lengths.size() - 1;
        if ((long) lengths.get(last) + SPARE_FLOATS <= most || lengths.size() == Banks.MOST) {
            lengths.set(last, Math.clamp((long) lengths.get(last) + SPARE_FLOATS, INITIAL_FLOATS, most));
        } else {
            lengths.add(INITIAL_FLOATS);
        }
        return new Lengths(lengths, Math.clamp(wordElements + SPARE_WORDS, INITIAL_WORDS, MOST_WORDS_AT_FIRST));
    }

    private static DevicePlan plan(Device device, Lengths lengths) {
        Optional<DevicePlan> idle = IdlePlans.take(device);
        if (idle.isPresent()) {
            if (idle.get().lengths().hold(lengths)) {
                return idle.get();
            }
            idle.get().close();
        }
        try {
            return device.plan(lengths);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw new OutOfDeviceMemoryException(
                    String.format(
                            Locale.ROOT,
                            "%s did not give %s, of its %s: %s",
                            device.name(),
                            ByteSize.of(4L * lengths.allFloats()),
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
        int most = inWords ? DeviceLimits.MOST_ELEMENTS / 16 * 16 : DeviceLimits.mostElementsOfBank(device);
        if (elements > most) {
            throw new OutOfDeviceMemoryException(
                    String.format(
                            Locale.ROOT,
                            "%s takes %d words of 32 bits, %s; %s has at most %d, %s",
                            name,
                            elements,
                            ByteSize.of(elements * 4),
                            most == DeviceLimits.MOST_ELEMENTS / 16 * 16
                                    ? "an array of TornadoVM"
                                    : "a piece of memory of " + device.name(),
                            most,
                            ByteSize.of(most * 4L)),
                    null);
        }
        long address = take(inWords, (int) elements);
        if (address < 0) {
            // Tensors do not weigh on the Java heap, so that many may be garbage that nobody has collected.
            collect();
            address = take(inWords, (int) elements);
        }
        if (address < 0) {
            grow(name, inWords, (int) elements);
            address = take(inWords, (int) elements);
        }
        return new Block(inWords, address, (int) elements);
    }

    private long take(boolean inWords, int elements) {
        return inWords ? words.allocate(elements) : floats.allocate(elements);
    }

    void release(Block block) {
        if (block.inWords()) {
            words.release(block.wordAddress(), block.elements());
        } else {
            floats.release(block.address(), block.elements());
        }
    }

    /** Elements of a page of temporaries. */
    int pageElements() {
        return options.pageElements(device);
    }

    private void takeGarbage() {
        for (Block block = garbage.poll(); block != null; block = garbage.poll()) {
            release(block);
        }
    }

    /** Takes back what garbage held. */
    void collect() {
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

    /** Elements that all arrays of floats may have beside one of words. */
    private long mostElements() {
        Limit tightest =
                DeviceLimits.of(device, words.capacity()).stream()
                        .min(Comparator.comparingLong(Limit::bytes))
                        .orElseThrow();
        return (tightest.bytes() - DeviceLimits.besides(words.capacity())) / 4 / 16 * 16;
    }

    private void grow(String name, boolean inWords, int elements) {
        Lengths longer = inWords ? withWords(name, elements) : withFloats(name, elements);
        try {
            plan = plan.resized(longer);
        } catch (LongerPlanRefused refused) {
            plan = refused.kept();
            throw new OutOfDeviceMemoryException(
                    message(name, elements) + "; TornadoVM said: " + firstLine(refused), refused);
        } catch (RuntimeException | OutOfMemoryError e) {
            throw new OutOfDeviceMemoryException(message(name, elements) + "; TornadoVM said: " + firstLine(e), e);
        }
        if (inWords) {
            words.grow(longer.words());
            return;
        }
        List<Integer> before = floats.lengths();
        for (int bank = 0; bank < longer.floats().size(); bank++) {
            int length = longer.floats().get(bank);
            if (bank == before.size()) {
                floats.add(length);
            } else if (length > before.get(bank)) {
                floats.grow(bank, length);
            }
        }
    }

    private Lengths withWords(String name, int elements) {
        long needed = (long) words.capacity() - words.freeAtEnd() + Space.rounded(elements);
        if (needed > mostElements()) {
            throw outOfMemory(name, elements);
        }
        return new Lengths(floats.lengths(), (int) Math.max(needed, Math.min(2L * words.capacity(), mostElements())));
    }

    /** With twice as many floats, if there may be so many: in the last array, or in one more. */
    private Lengths withFloats(String name, int elements) {
        List<Integer> lengths = new ArrayList<>(floats.lengths());
        int last = lengths.size() - 1;
        long there = lengths.stream().mapToLong(Integer::longValue).sum();
        long left = mostElements() - there;
        int mostOfBank = DeviceLimits.mostElementsOfBank(device);
        long length = lengths.get(last);
        long needed = length - floats.freeAtEnd(last) + Space.rounded(elements);
        if (needed <= mostOfBank && needed - length <= left) {
            lengths.set(last, (int) Math.max(needed, Math.min(length + Math.min(there, left), mostOfBank)));
        } else if (lengths.size() < Banks.MOST && Space.rounded(elements) <= left) {
            lengths.add((int) Math.max(Space.rounded(elements), Math.min(Math.min(there, left), mostOfBank)));
        } else {
            throw outOfMemory(name, elements);
        }
        return new Lengths(lengths, words.capacity());
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
