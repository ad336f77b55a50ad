package dev.unmask.tensor.reference;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.tensor.program.MemoryUse.Limit;
import dev.unmask.tensor.program.Recording;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** Counts what {@link ReferenceBackend} would take outside the heap. */
final class ReferenceDryRun extends DryRun {
    private long temporaries;

    ReferenceDryRun() {
        super(ReferenceBackend.NAME, ReferenceBackend.DESCRIPTION);
    }

    @Override
    public Backend open() {
        return new ReferenceBackend();
    }

    @Override
    public long bytesOf(Tensor tensor) {
        return tensor.bytes();
    }

    /** Host memory is used where it is. */
    @Override
    protected long bytesOfWrapped(Tensor tensor, MemorySegment data) {
        return data.isNative() ? 0 : tensor.bytes();
    }

    @Override
    protected long compiled(Recording recording) {
        long bytes = ReferenceProgram.bytes(recording);
        temporaries += bytes;
        return bytes;
    }

    @Override
    protected long temporaries() {
        return temporaries;
    }

    @Override
    protected long workspace() {
        return 0;
    }

    @Override
    protected List<Limit> limits() {
        return List.of(Limit.offHeap());
    }
}
