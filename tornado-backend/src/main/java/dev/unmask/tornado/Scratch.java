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

/**
 * The memory of temporaries. They hold nothing between two runs and programs run one at a time, so all programs use the
 * same pages of floats and the same piece of words; each is as large as the largest program needs. A page lies in one
 * array; small programs have one.
 */
final class Scratch {
    private static final int ALIGNMENT = 64;

    /**
     * Where a temporary is.
     *
     * @param page which of the pages of floats; 0 if it is in words
     * @param offset elements from its start
     */
    record Place(int page, long offset) {}

    /**
     * Where the temporaries of one program are.
     *
     * @param places of each temporary that a kernel uses
     * @param pages elements of each page of floats
     * @param words elements in words
     */
    record Layout(Map<Tensor, Place> places, List<Integer> pages, long words) {
        /**
         * Plans a recording. BF16 is as large as F32 on the device, so such temporaries have pages of their own.
         *
         * @param recording kernels and temporaries
         * @param pageElements of floats, or of the largest temporary if that is longer
         */
        static Layout of(Recording recording, int pageElements) {
            Map<Tensor, Place> places = new IdentityHashMap<>();
            List<Integer> pages = new ArrayList<>();
            addPages(recording, DType.F32, pageElements, places, pages);
            addPages(recording, DType.BF16, pageElements, places, pages);
            MemoryPlan integers = plan(recording, DType.I32, Long.MAX_VALUE);
            integers.offsets().forEach((tensor, bytes) -> places.put(tensor, new Place(0, bytes / 4)));
            return new Layout(places, List.copyOf(pages), integers.bytes() / 4);
        }

        private static void addPages(
                Recording recording, DType dtype, int pageElements, Map<Tensor, Place> places, List<Integer> pages) {
            long largest =
                    recording.temporaries().stream()
                            .filter(t -> t.dtype() == dtype)
                            .mapToLong(t -> t.shape().elements())
                            .max()
                            .orElse(0);
            long page = Math.max(pageElements, largest + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
            MemoryPlan plan = plan(recording, dtype, page * dtype.bytes());
            int first = pages.size();
            long elements = plan.bytes() / dtype.bytes();
            for (long from = 0; from < elements; from += page) {
                pages.add(Math.toIntExact(Math.min(page, elements - from)));
            }
            plan.offsets()
                    .forEach((tensor, bytes) -> {
                        long element = bytes / dtype.bytes();
                        places.put(tensor, new Place(first + (int) (element / page), element % page));
                    });
        }

        private static MemoryPlan plan(Recording recording, DType dtype, long pageBytes) {
            List<Tensor> temporaries = recording.temporaries().stream().filter(t -> t.dtype() == dtype).toList();
            return MemoryPlan.of(new Recording(recording.kernels(), temporaries), ALIGNMENT, pageBytes);
        }

        long bytes() {
            return (pages.stream().mapToLong(Integer::longValue).sum() + words) * 4;
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

    /** How a program's temporaries are to lie. */
    Layout layout(Recording recording) {
        return Layout.of(recording, memory.pageElements());
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
