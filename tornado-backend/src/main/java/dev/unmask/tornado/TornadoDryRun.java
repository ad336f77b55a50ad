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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Counts what {@link TornadoBackend} takes of a device if it is opened with room for it. */
final class TornadoDryRun extends DryRun {
    private final Device device;

    /** As many and as long arrays as there may be. */
    private final BankSpaces floats;

    /** What has found no place in them. */
    private long without;

    /** Words in use; the integer temporaries of no program take the smallest block. */
    private long words = Arguments.FIRST_WORD + Space.rounded(0);

    private final List<DeviceMemory.Block> pages = new ArrayList<>();

    /** Floats that temporaries take of each page. */
    private final List<Long> held = new ArrayList<>();

    private long tensors;
    private long scratchWords;

    TornadoDryRun(Device device) {
        super(TornadoBackend.NAME, device.description());
        this.device = device;
        this.floats = new BankSpaces(Collections.nCopies(Banks.MOST, DeviceLimits.mostElementsOfBank(device)), false);
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
        return TornadoBackendProvider.open(device, lengths());
    }

    @Override
    public Optional<String> unsupported(Kernel kernel) {
        return Lowering.unsupported(kernel);
    }

    @Override
    public long bytesOf(Tensor tensor) {
        return Space.rounded(TornadoTensor.words(tensor)) * 4;
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
            take(bytes / 4);
        }
    }

    /** Finds a place where the backend will find it. */
    private DeviceMemory.Block take(long elements) {
        if (elements <= DeviceLimits.mostElementsOfBank(device)) {
            long address = floats.allocate((int) elements);
            if (address >= 0) {
                return new DeviceMemory.Block(false, address, (int) elements);
            }
        }
        without += elements;
        return new DeviceMemory.Block(false, Arguments.NONE, 0);
    }

    private void release(DeviceMemory.Block block) {
        if (block.address() >= 0) {
            floats.release(block.address(), block.elements());
        }
    }

    @Override
    protected long compiled(Recording recording) {
        Scratch.Layout layout =
                Scratch.Layout.of(
                        recording,
                        BankOptions.fromFlag().pageElements(device),
                        TornadoProgram.widenedElements(recording, device.acceleration()));
        words += Space.rounded(TornadoProgram.tableElements(recording, device.acceleration()));
        take(Space.rounded(TornadoProgram.constantElements(recording, device.acceleration())));
        for (int page = 0; page < layout.pages().size(); page++) {
            long elements = Space.rounded(layout.pages().get(page));
            if (page == pages.size()) {
                held.add(0L);
                pages.add(take(elements));
            } else if (pages.get(page).elements() < elements) {
                release(pages.get(page));
                pages.set(page, take(elements));
            }
            held.set(page, Math.max(held.get(page), layout.held(page)));
        }
        if (layout.words() > scratchWords) {
            words += Space.rounded(layout.words()) - Space.rounded(scratchWords);
            scratchWords = layout.words();
        }
        return layout.bytes();
    }

    /** Arrays with room for what was counted. */
    Lengths lengths() {
        return DeviceMemory.withSpare(device, floats.reached().stream().filter(length -> length > 0).toList(), words);
    }

    @Override
    protected long temporaries() {
        return (held.stream().mapToLong(Long::longValue).sum() + scratchWords) * 4;
    }

    @Override
    protected long workspace() {
        long reached = floats.reached().stream().mapToLong(Integer::longValue).sum();
        long room = Math.max(DeviceMemory.INITIAL_FLOATS, reached + without + DeviceMemory.SPARE_FLOATS);
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
