package dev.unmask.sample;

import dev.unmask.model.KeyValueCache;
import dev.unmask.model.Seen;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;

import java.util.Arrays;
import java.util.BitSet;

/**
 * One recorded pass of a masked model over some positions of each sequence of a batch: their keys and values join a
 * cache, and they see all that it holds.
 *
 * <p>With guidance the batch is doubled, as in {@link GuidedPass}.
 */
final class WindowPass implements ProposalPass.Asked {
    /**
     * What a program is recorded for.
     *
     * @param batch sequences {@code B}
     * @param length positions of each that the cache holds; it has room for as many more
     * @param guided whether there is a second half without prompts
     * @param step positions of each that one pass computes at the most
     */
    record Form(int batch, int length, boolean guided, int step) {
        int sequences() {
            return guided ? 2 * batch : batch;
        }

        int entries() {
            return batch * step;
        }

        /** Rows of the cache of each sequence: what fills a pass up goes behind the positions. */
        int room() {
            return 2 * length;
        }
    }

    private final Form form;
    private final int maskToken;
    private final int block;
    private final KeyValueCache cache;
    private final TokenBatch tokens;
    private final EntryRows entryRows;
    private final Program program;
    private final int[] ids;
    private final int[] positions;
    private final int[] cacheRows;
    private final int[] rowOf;
    private final Seen seen;

    /**
     * A pass.
     *
     * @param cache of at least as many sequences and {@link Form#room} rows each, with rows for a step
     */
    WindowPass(
            Backend backend,
            Transformer model,
            Precision precision,
            Form form,
            KeyValueCache cache,
            GuidedPass.Readout readout) {
        this.form = form;
        this.maskToken = model.config().maskToken();
        this.block = model.config().network().blockLength();
        this.cache = cache;
        int rows = form.sequences() * form.step;
        this.tokens = TokenBatch.allocateSeeing(backend, form.sequences(), form.step);
        this.entryRows = new EntryRows(backend, form.entries(), form.guided);
        this.ids = new int[rows];
        this.positions = new int[rows];
        this.cacheRows = new int[rows];
        this.rowOf = new int[form.batch * form.length];
        this.seen = new Seen(form.sequences(), form.step, form.room());
        this.program =
                backend.record(recorder -> {
                    Ops ops = Ops.inference(recorder, precision);
                    entryRows.record(recorder, ops, model, model.decode(ops, tokens, cache), readout);
                });
    }

    @Override
    public void clear() {
        Arrays.fill(ids, 0);
        Arrays.fill(positions, 0);
        seen.clear();
        for (int row = 0; row < cacheRows.length; row++) {
            cacheRows[row] = row / form.step * form.room() + form.length + row % form.step;
        }
        entryRows.clear();
    }

    /** Puts positions of a sequence into a place of the batch. */
    void put(int place, int[] sequence, BitSet prompt, BitSet computed) {
        int index = 0;
        for (int i = computed.nextSetBit(0); i >= 0; i = computed.nextSetBit(i + 1)) {
            put(place, index, i, sequence[i], sequence.length);
            if (form.guided) {
                put(form.batch + place, index, i, prompt.get(i) ? maskToken : sequence[i], sequence.length);
            }
            rowOf[place * form.length + i] = place * form.step + index;
            index++;
        }
    }

    private void put(int sequence, int index, int position, int id, int length) {
        int row = sequence * form.step + index;
        ids[row] = id;
        positions[row] = position;
        cacheRows[row] = sequence * form.room() + position;
        seen.see(sequence, index, 0, block == 0 ? length : Math.min(length, (position / block + 1) * block));
    }

    @Override
    public void ask(int place, int position) {
        int row = rowOf[place * form.length + position];
        entryRows.add(row, form.batch * form.step + row);
    }

    @Override
    public int entries() {
        return entryRows.count();
    }

    @Override
    public long temporaryBytes() {
        return program.temporaryBytes();
    }

    @Override
    public void run(double scale) {
        tokens.ids().set(ids);
        tokens.positions().set(positions);
        tokens.see(seen);
        cache.rows().set(cacheRows);
        entryRows.set(scale);
        program.run();
    }
}
