package dev.unmask.tornado;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.MemoryPlan;
import dev.unmask.tensor.program.Recording;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The memory of temporaries. They hold nothing between two runs and programs run one at a time, so all programs use the
 * same pages of floats and the same piece of words; each is as large as the largest program needs. A page lies in one
 * array; small programs have one.
 */
final class Scratch {
    /** Bytes. */
    private static final int ALIGNMENT = 64;

    /**
     * Where a temporary is.
     *
     * @param page which of the pages of floats; 0 if it is in words
     * @param offset words of 32 bits from its start
     */
    record Place(int page, long offset) {}

    /**
     * Where the temporaries of one program are.
     *
     * @param places of each temporary that a kernel uses
     * @param pages elements of each page of floats
     * @param words elements in words
     * @param widened the page of what a product needs as float32; {@link Arguments#NONE} if there is no such thing
     */
    record Layout(Map<Tensor, Place> places, List<Integer> pages, long words, int widened) {
        /**
         * Plans a recording.
         *
         * @param recording kernels and temporaries
         * @param pageElements of floats, or of the largest temporary if that is longer
         * @param widenedElements {@link Lowering#widenedElements}
         */
        static Layout of(Recording recording, int pageElements, long widenedElements) {
            Map<Tensor, Place> places = new IdentityHashMap<>();
            List<Integer> pages = new ArrayList<>(addFloats(recording, pageElements, places));
            MemoryPlan integers = plan(recording, Set.of(DType.I32), Long.MAX_VALUE);
            integers.offsets().forEach((tensor, bytes) -> places.put(tensor, new Place(0, bytes / 4)));
            if (widenedElements > 0) {
                pages.add(Math.toIntExact(widenedElements));
            }
            return new Layout(
                    places,
                    List.copyOf(pages),
                    integers.bytes() / 4,
                    widenedElements > 0 ? pages.size() - 1 : Arguments.NONE);
        }

        /** Gives temporaries places; the lengths of the pages. */
        private static List<Integer> addFloats(Recording recording, int pageElements, Map<Tensor, Place> places) {
            Set<DType> floats = Set.of(DType.F32, DType.BF16);
            long largest =
                    recording.temporaries().stream()
                            .filter(t -> floats.contains(t.dtype()))
                            .mapToLong(Tensor::bytes)
                            .max()
                            .orElse(0);
            long page = Math.max(4L * pageElements, largest + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
            MemoryPlan plan = plan(recording, floats, page);
            List<Integer> pages = new ArrayList<>();
            for (long from = 0; from < plan.bytes(); from += page) {
                pages.add(Math.toIntExact((Math.min(page, plan.bytes() - from) + 3) / 4));
            }
            plan.offsets()
                    .forEach((tensor, bytes) -> places.put(tensor, new Place((int) (bytes / page), bytes % page / 4)));
            return pages;
        }

        private static MemoryPlan plan(Recording recording, Set<DType> dtypes, long pageBytes) {
            List<Tensor> temporaries =
                    recording.temporaries().stream().filter(t -> dtypes.contains(t.dtype())).toList();
            return MemoryPlan.of(new Recording(recording.kernels(), temporaries), ALIGNMENT, pageBytes);
        }

        /** Floats that temporaries take of a page: none of that which a product needs. */
        long held(int page) {
            return page == widened ? 0 : Space.rounded(pages.get(page));
        }

        /** Bytes of temporaries. */
        long bytes() {
            return (IntStream.range(0, pages.size()).mapToLong(this::held).sum() + words) * 4;
        }
    }

    private final DeviceMemory memory;
    private final List<DeviceMemory.Block> pages = new ArrayList<>();
    private DeviceMemory.Block words;

    Scratch(DeviceMemory memory) {
        this.memory = memory;
        this.words = memory.allocate("integer temporaries", true, 0);
    }

    /** Where each of the first pages is. */
    List<Long> pages(int count) {
        return pages.stream().limit(count).map(DeviceMemory.Block::address).toList();
    }

    int wordsAddress() {
        return words.wordAddress();
    }

    /** How a program's temporaries are to lie, and so many floats that a factor of a product becomes. */
    Layout layout(Recording recording, long widenedElements) {
        return Layout.of(recording, memory.pageElements(), widenedElements);
    }

    /** Makes all pages large enough for a program; they may move. */
    void reserve(Layout layout) {
        for (int page = 0; page < layout.pages.size(); page++) {
            if (page == pages.size()) {
                pages.add(memory.allocate("temporaries", false, layout.pages.get(page)));
            } else {
                int at = page;
                DeviceMemory.Block kept = pages.get(page);
                pages.set(page, atLeast(kept, "temporaries", layout.pages.get(page), block -> pages.set(at, block)));
            }
        }
        words = atLeast(words, "integer temporaries", layout.words, block -> words = block);
    }

    private DeviceMemory.Block atLeast(DeviceMemory.Block block, String name, long elements, Keeper keeper) {
        if (block.elements() >= elements) {
            return block;
        }
        // Given up before a longer one is asked for, as both may not fit.
        memory.release(block);
        try {
            return memory.allocate(name, block.inWords(), elements);
        } catch (OutOfDeviceMemoryException refused) {
            // What was there is still free, and programs that need no more go on.
            keeper.keep(memory.allocate(name, block.inWords(), block.elements()));
            throw refused;
        }
    }

    private interface Keeper {
        void keep(DeviceMemory.Block block);
    }
}
