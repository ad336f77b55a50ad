package dev.unmask.sample;

import dev.unmask.model.Seen;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Ops;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Program;
import dev.unmask.tensor.Recorder;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Guide;

import java.util.Arrays;
import java.util.BitSet;

/**
 * One recorded pass of a masked model over a batch, whose head is computed at chosen rows only, chunk by chunk, and
 * whose logits are consumed where they are.
 *
 * <p>With guidance the batch is doubled: the second half holds the same sequences with their prompts masked.
 */
final class GuidedPass {
    /** Logits that exist at one time take at most this many bytes. */
    private static final long CHUNK_BYTES = 128L << 20;

    /**
     * What a program is recorded for.
     *
     * @param batch sequences {@code B}
     * @param length positions {@code T} of each
     * @param guided whether there is a second half without prompts
     * @param room entries that one pass has room for
     */
    record Form(int batch, int length, boolean guided, int room) {
        /** A form with an entry for each position of each sequence. */
        Form(int batch, int length, boolean guided) {
            this(batch, length, guided, Math.multiplyExact(batch, length));
        }
    }

    /** What becomes of the logits. */
    interface Readout {
        /** Records the kernels that consume the logits {@code [r, V]} of the entries of the limit. */
        void record(Recorder recorder, Tensor logits, RowLimit limit);
    }

    private final Form form;
    private final int maskToken;
    private final TokenBatch tokens;
    private final Tensor rows;
    private final Tensor blindRows;
    private final Tensor count;
    private final Tensor guidance;
    private final Program program;
    private final int[] ids;
    private final Seen seen;
    private final int[] rowNumbers;
    private final int[] blindRowNumbers;
    private int entries;

    GuidedPass(Backend backend, Transformer model, Precision precision, Form form, Readout readout) {
        this.form = form;
        this.maskToken = model.config().maskToken();
        int sequences = form.guided ? 2 * form.batch : form.batch;
        int room = form.room;
        this.tokens = TokenBatch.allocateSeeing(backend, sequences, form.length);
        this.rows = backend.allocate("masked rows", DType.I32, Shape.of(room));
        this.blindRows = backend.allocate("masked rows without prompt", DType.I32, Shape.of(room));
        this.count = backend.allocate("number of masked rows", DType.I32, Shape.of(1));
        this.guidance = backend.allocate("guidance scale", DType.F32, Shape.of(1));
        this.ids = new int[sequences * form.length];
        this.seen = new Seen(sequences, form.length, form.length);
        this.rowNumbers = new int[room];
        this.blindRowNumbers = new int[room];
        this.program = backend.record(recorder -> record(recorder, model, precision, readout));
    }

    private void record(Recorder recorder, Transformer model, Precision precision, Readout readout) {
        Ops ops = Ops.inference(recorder, precision);
        Transformer.Trunk trunk = model.trunk(ops, tokens);
        int room = form.room;
        long rowBytes = 4L * model.config().vocabulary() * (form.guided ? 2 : 1);
        int chunk = Math.clamp(CHUNK_BYTES / rowBytes, 1, room);
        for (int first = 0; first < room; first += chunk) {
            int size = Math.min(chunk, room - first);
            RowLimit limit = RowLimit.of(count, first);
            Tensor logits = model.logitsAt(ops, trunk, rows, limit, size);
            if (form.guided) {
                Tensor blind = model.logitsAt(ops, trunk, blindRows, limit, size);
                recorder.add(new Guide(logits, blind, guidance, limit, logits));
            }
            readout.record(recorder, logits, limit);
        }
    }

    Form form() {
        return form;
    }

    /** Forgets all sequences and entries. */
    void clear() {
        Arrays.fill(ids, 0);
        seen.clear();
        entries = 0;
    }

    /** Puts a sequence of at most {@code T} tokens into a place of the batch. */
    void put(int place, int[] sequence, BitSet prompt) {
        int start = place * form.length;
        System.arraycopy(sequence, 0, ids, start, sequence.length);
        seen.all(place, 0, sequence.length);
        if (form.guided) {
            int blindStart = (form.batch + place) * form.length;
            System.arraycopy(sequence, 0, ids, blindStart, sequence.length);
            seen.all(form.batch + place, 0, sequence.length);
            for (int i = prompt.nextSetBit(0); i >= 0; i = prompt.nextSetBit(i + 1)) {
                ids[blindStart + i] = maskToken;
            }
        }
    }

    /** Asks for the logits at a position; entries are numbered from 0 in the order in which they are asked for. */
    void ask(int place, int position) {
        rowNumbers[entries] = place * form.length + position;
        blindRowNumbers[entries] = (form.batch + place) * form.length + position;
        entries++;
    }

    int entries() {
        return entries;
    }

    long temporaryBytes() {
        return program.temporaryBytes();
    }

    /** Runs the model; the scale is looked at only where the program is guided. */
    void run(double scale) {
        tokens.ids().set(ids);
        tokens.see(seen);
        rows.set(rowNumbers);
        count.set(entries);
        if (form.guided) {
            blindRows.set(blindRowNumbers);
            guidance.set((float) scale);
        }
        program.run();
    }
}
