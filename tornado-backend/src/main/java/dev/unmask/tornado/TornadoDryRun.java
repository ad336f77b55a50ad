package dev.unmask.tornado;

import dev.unmask.tensor.ByteSize;
import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.tensor.program.MemoryUse;
import dev.unmask.tensor.program.MemoryUse.Limit;
import dev.unmask.tensor.program.Recording;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Counts what {@link TornadoBackend} takes of a device if it is opened with room for it. */
final class TornadoDryRun extends DryRun {
    private final Device device;

    /** Elements in use; the temporaries of no program take the smallest block. */
    private long floats = Space.rounded(0);

    private long words = Arguments.FIRST_WORD + Space.rounded(0);
    private long tensors;
    private long scratchFloats;
    private long scratchWords;

    TornadoDryRun(Device device) {
        super(TornadoBackend.NAME, device.description());
        this.device = device;
    }

    /** Opens the device, if there is room: else minutes would go by until the last tensor is refused. */
    @Override
    public Backend open() {
        MemoryUse use = use();
        if (!use.fits()) {
            throw new OutOfDeviceMemoryException(
                    String.format(
                            Locale.ROOT,
                            "no room on %s for the %s planned: %s; its memory is %s",
                            device.name(),
                            ByteSize.of(use.peak()),
                            DeviceLimits.described(DeviceLimits.exceeded(use.limits(), use.peak())),
                            ByteSize.of(device.memoryBytes())),
                    null);
        }
        return TornadoBackendProvider.open(device, floats, words);
    }

    @Override
    public Optional<String> unsupported(Kernel kernel) {
        return Lowering.unsupported(kernel);
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
        if (integers) {
            words += bytes / 4;
        } else {
            floats += bytes / 4;
        }
    }

    @Override
    protected long compiled(Recording recording) {
        Scratch.Layout layout = Scratch.Layout.of(recording);
        words += Space.rounded(TornadoProgram.tableElements(recording, device.acceleration()));
        floats += Space.rounded(TornadoProgram.constantElements(recording, device.acceleration()));
        if (layout.floats() > scratchFloats) {
            floats += Space.rounded(layout.floats()) - Space.rounded(scratchFloats);
            scratchFloats = layout.floats();
        }
        if (layout.words() > scratchWords) {
            words += Space.rounded(layout.words()) - Space.rounded(scratchWords);
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
        long room = Math.max(DeviceMemory.INITIAL_FLOATS, floats + DeviceMemory.SPARE_FLOATS);
        return room * 4 + DeviceLimits.besides(wordRoom()) - tensors - temporaries();
    }

    private long wordRoom() {
        return Math.max(DeviceMemory.INITIAL_WORDS, words + DeviceMemory.SPARE_WORDS);
    }

    @Override
    protected List<Limit> limits() {
        return DeviceLimits.of(device, wordRoom());
    }
}
