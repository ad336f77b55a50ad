package dev.unmask.tornado;

import dev.unmask.tensor.DryRun;
import dev.unmask.tensor.MemoryUse.Limit;
import dev.unmask.tensor.Recording;
import dev.unmask.tensor.Tensor;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** Counts what {@link TornadoBackend} would take of a device, with the room that its arrays have to spare. */
final class TornadoDryRun extends DryRun {
    private final Device device;
    private final Growth floats = new Growth(DeviceMemory.INITIAL_FLOATS, Space.rounded(0));
    private final Growth words = new Growth(DeviceMemory.INITIAL_WORDS, Arguments.FIRST_WORD + Space.rounded(0));
    private long tensors;
    private long scratchFloats;
    private long scratchWords;

    /** One of the arrays of {@link DeviceMemory}, which doubles when it is full. */
    private static final class Growth {
        private long capacity;
        private long used;

        Growth(long capacity, long used) {
            this.capacity = capacity;
            this.used = used;
        }

        void take(long elements, long limit) {
            used += elements;
            if (used > capacity) {
                capacity = Math.max(used, Math.min(2 * capacity, limit));
            }
        }
    }

    TornadoDryRun(Device device) {
        super(TornadoBackend.NAME, device.description());
        this.device = device;
    }

    @Override
    public long bytesOf(Tensor tensor) {
        return Space.rounded(tensor.shape().elements()) * 4;
    }

    @Override
    protected long bytesOfWrapped(Tensor tensor, MemorySegment data) {
        return bytesOf(tensor);
    }

    @Override
    protected void allocated(long bytes, boolean integers) {
        tensors += bytes;
        take(integers ? words : floats, bytes / 4);
    }

    private void take(Growth array, long elements) {
        array.take(elements, DeviceMemory.mostElements(device, words.capacity));
    }

    @Override
    protected long compiled(Recording recording) {
        Scratch.Layout layout = Scratch.Layout.of(recording);
        take(words, Space.rounded(TornadoProgram.tableElements(recording)));
        take(floats, Space.rounded(TornadoProgram.constantElements(recording)));
        if (layout.floats() > scratchFloats) {
            take(floats, Space.rounded(layout.floats()) - Space.rounded(scratchFloats));
            scratchFloats = layout.floats();
        }
        if (layout.words() > scratchWords) {
            take(words, Space.rounded(layout.words()) - Space.rounded(scratchWords));
            scratchWords = layout.words();
        }
        return layout.bytes();
    }

    @Override
    protected long temporaries() {
        return (scratchFloats + scratchWords) * 4;
    }

    @Override
    protected long workspace() {
        return floats.capacity * 4 + DeviceLimits.besides(words.capacity) - tensors - temporaries();
    }

    @Override
    protected List<Limit> limits() {
        return DeviceLimits.of(device, words.capacity);
    }
}
