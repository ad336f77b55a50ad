package dev.unmask.sample;

import dev.unmask.model.Seen;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recorder;

import java.util.Arrays;
import java.util.BitSet;

/**
 * One recorded pass of a masked model over a batch, whose head is computed at chosen rows only, chunk by chunk, and
 * whose logits are consumed where they are.
 *
 * <p>With guidance the batch is doubled: the second half holds the same sequences with their prompts masked.
 */
final class GuidedPass implements ProposalPass.Asked {
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
    private final int block;
    private final TokenBatch tokens;
    private final EntryRows entryRows;
    private final Program program;
    private final int[] ids;
    private final Seen seen;

    GuidedPass(Backend backend, Transformer model, Precision precision, Form form, Readout readout) {
        this.form = form;
        this.maskToken = model.config().maskToken();
        this.block = model.config().network().blockLength();
        int sequences = form.guided ? 2 * form.batch : form.batch;
        this.tokens = TokenBatch.allocateSeeing(backend, sequences, form.length);
        this.entryRows = new EntryRows(backend, form.room, form.guided);
        this.ids = new int[sequences * form.length];
        this.seen = new Seen(sequences, form.length, form.length);
        this.program =
                backend.record(recorder -> {
                    Ops ops = Ops.inference(recorder, precision);
                    entryRows.record(recorder, ops, model, model.trunk(ops, tokens), readout);
                });
    }

    /** Forgets all sequences and entries. */
    @Override
    public void clear() {
        Arrays.fill(ids, 0);
        seen.clear();
        entryRows.clear();
    }

    /** Puts a sequence of at most {@code T} tokens into a place of the batch. */
    void put(int place, int[] sequence, BitSet prompt) {
        int start = place * form.length;
        System.arraycopy(sequence, 0, ids, start, sequence.length);
        see(place, sequence.length);
        if (form.guided) {
            int blindStart = (form.batch + place) * form.length;
            System.arraycopy(sequence, 0, ids, blindStart, sequence.length);
            see(form.batch + place, sequence.length);
            for (int i = prompt.nextSetBit(0); i >= 0; i = prompt.nextSetBit(i + 1)) {
                ids[blindStart + i] = maskToken;
            }
        }
    }

    /** In a model of blocks its own and those before, else everything; what fills up sees it too, to no effect. */
    private void see(int sequence, int length) {
        if (block == 0) {
            seen.all(sequence, 0, length);
            return;
        }
        for (int i = 0; i < form.length; i++) {
            seen.see(sequence, i, 0, Math.min(length, (i / block + 1) * block));
        }
    }

    /** Asks for the logits at a position; entries are numbered from 0 in the order in which they are asked for. */
    @Override
    public void ask(int place, int position) {
        entryRows.add(place * form.length + position, (form.batch + place) * form.length + position);
    }

    @Override
    public int entries() {
        return entryRows.count();
    }

    @Override
    public long temporaryBytes() {
        return program.temporaryBytes();
    }

    /** Runs the model; the scale is looked at only where the program is guided. */
    @Override
    public void run(double scale) {
        tokens.ids().set(ids);
        tokens.see(seen);
        entryRows.set(scale);
        program.run();
    }
}
