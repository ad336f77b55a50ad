package dev.unmask.tornado;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.MemoryPlan;
import dev.unmask.tensor.program.Recording;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * The memory of temporaries. They hold nothing between two runs and programs run one at a time, so all programs use the
 * same piece of floats and the same piece of words; each is as large as the largest program needs.
 */
final class Scratch {
    private static final int ALIGNMENT = 64;

    /**
     * Where the temporaries of one program are, from the start of each piece.
     *
     * @param offsets elements, of each temporary that a kernel uses
     * @param floats elements in floats
     * @param words elements in words
     */
    record Layout(Map<Tensor, Long> offsets, long floats, long words) {
        /** Plans a recording. BF16 is as large as F32 on the device, so such temporaries lie behind the others. */
        static Layout of(Recording recording) {
            Map<Tensor, Long> offsets = new IdentityHashMap<>();
            MemoryPlan single = plan(recording, DType.F32);
            MemoryPlan integers = plan(recording, DType.I32);
            MemoryPlan halves = plan(recording, DType.BF16);
            long behind = single.bytes() / DType.F32.bytes() + ALIGNMENT;
            single.offsets().forEach((tensor, bytes) -> offsets.put(tensor, bytes / 4));
            integers.offsets().forEach((tensor, bytes) -> offsets.put(tensor, bytes / 4));
            halves.offsets().forEach((tensor, bytes) -> offsets.put(tensor, behind + bytes / 2));
            long floats = halves.bytes() == 0 ? single.bytes() / 4 : behind + halves.bytes() / 2;
            return new Layout(offsets, floats, integers.bytes() / 4);
        }

        private static MemoryPlan plan(Recording recording, DType dtype) {
            List<Tensor> temporaries = recording.temporaries().stream().filter(t -> t.dtype() == dtype).toList();
            return MemoryPlan.of(new Recording(recording.kernels(), temporaries), ALIGNMENT);
        }

        long bytes() {
            return (floats + words) * 4;
        }
    }

    private final DeviceMemory memory;
    private DeviceMemory.Block floats;
    private DeviceMemory.Block words;

    Scratch(DeviceMemory memory) {
        this.memory = memory;
        this.floats = memory.allocate("temporaries", false, 0);
        this.words = memory.allocate("integer temporaries", true, 0);
    }

    int floatsAddress() {
        return floats.address();
    }

    int wordsAddress() {
        return words.address();
    }

    /** Makes both pieces large enough for a program; they may move. */
    void reserve(Layout layout) {
        floats = atLeast(floats, "temporaries", layout.floats());
        words = atLeast(words, "integer temporaries", layout.words());
    }

    private DeviceMemory.Block atLeast(DeviceMemory.Block block, String name, long elements) {
        if (block.elements() >= elements) {
            return block;
        }
        // Given up before a longer one is asked for, as both may not fit.
        memory.release(block);
        try {
            return memory.allocate(name, block.inWords(), elements);
        } catch (OutOfDeviceMemoryException refused) {
            // What was there is still free, and programs that need no more go on.
            keep(memory.allocate(name, block.inWords(), block.elements()));
            throw refused;
        }
    }

    private void keep(DeviceMemory.Block block) {
        if (block.inWords()) {
            words = block;
        } else {
            floats = block;
        }
    }
}
