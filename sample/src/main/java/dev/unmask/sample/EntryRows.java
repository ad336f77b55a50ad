package dev.unmask.sample;

import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Recorder;

/** The rows of a pass at which its head is computed, chunk by chunk, with guidance where there is any. */
final class EntryRows {
    /** Logits that exist at one time take at most this many bytes. */
    private static final long CHUNK_BYTES = 128L << 20;

    private final boolean guided;
    private final Tensor rows;
    private final Tensor blindRows;
    private final Tensor number;
    private final Tensor guidance;
    private final int[] rowNumbers;
    private final int[] blindRowNumbers;
    private int count;

    /**
     * Rows.
     *
     * @param room entries of one pass at the most
     */
    EntryRows(Backend backend, int room, boolean guided) {
        this.guided = guided;
        this.rows = backend.allocate("masked rows", DType.I32, Shape.of(room));
        this.blindRows = backend.allocate("masked rows without prompt", DType.I32, Shape.of(room));
        this.number = backend.allocate("number of masked rows", DType.I32, Shape.of(1));
        this.guidance = backend.allocate("guidance scale", DType.F32, Shape.of(1));
        this.rowNumbers = new int[room];
        this.blindRowNumbers = new int[room];
    }

    /** Records what follows the last attention at these rows. */
    void record(Recorder recorder, Ops ops, Transformer model, Transformer.Trunk trunk, GuidedPass.Readout readout) {
        int room = rowNumbers.length;
        long rowBytes = 4L * model.config().vocabulary() * (guided ? 2 : 1);
        int chunk = Math.clamp(CHUNK_BYTES / rowBytes, 1, room);
        for (int first = 0; first < room; first += chunk) {
            int size = Math.min(chunk, room - first);
            RowLimit limit = RowLimit.of(number, first);
            Tensor logits = model.logitsAt(ops, trunk, rows, limit, size);
            if (guided) {
                Tensor blind = model.logitsAt(ops, trunk, blindRows, limit, size);
                recorder.add(new Guide(logits, blind, guidance, limit, logits));
            }
            readout.record(recorder, logits, limit);
        }
    }

    void clear() {
        count = 0;
    }

    /** Adds an entry; the second row is looked at only with guidance. */
    void add(int row, int blindRow) {
        rowNumbers[count] = row;
        blindRowNumbers[count] = blindRow;
        count++;
    }

    int count() {
        return count;
    }

    /** Tells the device, before a run. */
    void set(double scale) {
        rows.set(rowNumbers);
        number.set(count);
        if (guided) {
            blindRows.set(blindRowNumbers);
            guidance.set((float) scale);
        }
    }
}
