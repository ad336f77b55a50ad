package dev.unmask.sample;

import dev.unmask.model.KeyValueCache;
import dev.unmask.model.Seen;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recorder;

import java.util.Arrays;

/**
 * One recorded piece of causal decoding: some new tokens of each sequence go in, the token after the last of them comes
 * out. The head is computed at the last row of each sequence only.
 *
 * <p>Sequences that have fewer new tokens than the pass has room for are padded on the left, so that the last token
 * always stands in the last row.
 */
final class DecodingPass {
    /**
     * What programs are made for.
     *
     * @param batch number of sequences
     * @param room tokens of each sequence that the cache has room for
     */
    record Form(int batch, int room, FilterStage.Form filters) {}

    private final int batch;
    private final int step;
    private final KeyValueCache cache;
    private final TokenBatch tokens;
    private final Tensor lastRows;
    private final Tensor temperature;
    private final Tensor seed;
    private final Tensor keys;
    private final Tensor chosen;
    private final Tensor logConfidence;
    private final FilterStage filters;
    private final Program program;
    private final int[] ids;
    private final int[] positions;
    private final int[] cacheRows;
    private final Seen seen;
    private final int[] keyNumbers;

    DecodingPass(Backend backend, Transformer model, Precision precision, KeyValueCache cache, Form form, int step) {
        this.batch = form.batch;
        this.step = step;
        this.cache = cache;
        this.tokens = TokenBatch.allocateSeeing(backend, batch, step);
        this.lastRows = backend.allocate("last rows", DType.I32, Shape.of(batch));
        this.temperature = backend.allocate("temperature", DType.F32, Shape.of(1));
        this.seed = backend.allocate("seed and step", DType.I32, Shape.of(4));
        this.keys = backend.allocate("random keys", DType.I32, Shape.of(batch));
        this.chosen = backend.allocate("chosen tokens", DType.I32, Shape.of(batch));
        this.logConfidence = backend.allocate("log confidence", DType.F32, Shape.of(batch));
        this.filters = new FilterStage(backend, model.config().vocabulary(), form.filters, batch, cache.room(), batch);
        this.ids = new int[batch * step];
        this.positions = new int[batch * step];
        this.cacheRows = new int[batch * step];
        this.seen = new Seen(batch, step, cache.room());
        this.keyNumbers = new int[batch];
        int[] last = new int[batch];
        Arrays.setAll(last, i -> (i + 1) * step - 1);
        lastRows.set(last);
        Tensor margin = backend.allocate("margin", DType.F32, Shape.of(batch));
        Tensor entropy = backend.allocate("entropy", DType.F32, Shape.of(batch));
        this.program = backend.record(recorder -> record(recorder, model, precision, margin, entropy));
    }

    private void record(Recorder recorder, Transformer model, Precision precision, Tensor margin, Tensor entropy) {
        Ops ops = Ops.inference(recorder, precision);
        Transformer.Trunk trunk = model.decode(ops, tokens, cache);
        Tensor logits = model.logitsAt(ops, trunk, lastRows, RowLimit.ALL, batch);
        filters.record(recorder, logits, RowLimit.ALL);
        recorder.add(new Choose(logits, RowLimit.ALL, temperature, seed, keys, chosen, logConfidence, margin, entropy));
    }

    /** Puts the tokens {@code from … to-1} of a sequence, at most as many as the pass has room for, at least one. */
    void put(int place, int[] sequence, int from, int to, int key) {
        int end = (place + 1) * step;
        int fresh = to - from;
        for (int i = 0; i < fresh; i++) {
            int row = end - fresh + i;
            ids[row] = sequence[from + i];
            positions[row] = from + i;
            cacheRows[row] = place * cache.room() + from + i;
            seen.see(place, step - fresh + i, 0, from + i + 1);
        }
        // Padding goes to rows of the cache that later tokens take; no query looks at them before.
        for (int i = 0; i < step - fresh; i++) {
            int row = place * step + i;
            ids[row] = 0;
            positions[row] = 0;
            cacheRows[row] = place * cache.room() + to + i;
            seen.see(place, i, 0, 0);
        }
        keyNumbers[place] = key;
        filters.put(place, sequence, to);
        filters.ask(place, place);
    }

    void run(AutoregressiveSettings settings) {
        tokens.ids().set(ids);
        tokens.positions().set(positions);
        tokens.see(seen);
        cache.rows().set(cacheRows);
        temperature.set((float) settings.temperature());
        seed.set((int) settings.seed(), (int) (settings.seed() >>> 32), 0, 0);
        keys.set(keyNumbers);
        filters.set(settings.filters());
        program.run();
    }

    long temporaryBytes() {
        return program.temporaryBytes();
    }

    int[] tokens() {
        return chosen.ints();
    }

    float[] logConfidence() {
        return logConfidence.floats();
    }
}
