package dev.unmask.sample;

import dev.unmask.model.KeyValueCache;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Recorder;

import java.util.BitSet;
import java.util.List;
import java.util.function.Function;

/** A pass that proposes a token for each position asked for and says how sure the model is of it. */
final class ProposalPass {
    /** What a program is recorded for: a pass of the model, and filters of its logits. */
    record Form(GuidedPass.Form pass, FilterStage.Form filters) {}

    /** A pass that can be asked about positions. */
    interface Asked {
        /** Forgets all sequences and entries. */
        void clear();

        /** Asks about a position; entries are numbered from 0 in the order in which they are asked for. */
        void ask(int place, int position);

        int entries();

        long temporaryBytes();

        /** Runs the model; the scale is looked at only where the program is guided. */
        void run(double scale);
    }

    private final Asked pass;
    private final FilterStage filters;
    private final Tensor temperature;
    private final Tensor seed;
    private final Tensor keys;
    private final Tensor tokens;
    private final Tensor logConfidence;
    private final Tensor margin;
    private final Tensor entropy;
    private final int[] keyNumbers;

    /** A pass over whole sequences. */
    ProposalPass(Backend backend, Transformer model, Precision precision, Form form) {
        this(
                backend,
                new FilterStage(
                        backend,
                        model.config().vocabulary(),
                        form.filters(),
                        form.pass().batch(),
                        form.pass().length(),
                        form.pass().room()),
                form.pass().room(),
                readout -> new GuidedPass(backend, model, precision, form.pass(), readout));
    }

    /** A pass over some positions of sequences whose other keys and values are in a cache. */
    static ProposalPass cached(
            Backend backend,
            Transformer model,
            Precision precision,
            WindowPass.Form form,
            FilterStage.Form filters,
            KeyValueCache cache) {
        return new ProposalPass(
                backend,
                new FilterStage(
                        backend, model.config().vocabulary(), filters, form.batch(), form.length(), form.entries()),
                form.entries(),
                readout -> new WindowPass(backend, model, precision, form, cache, readout));
    }

    private ProposalPass(Backend backend, FilterStage filters, int entries, Function<GuidedPass.Readout, Asked> pass) {
        Shape room = Shape.of(entries);
        this.filters = filters;
        this.temperature = backend.allocate("temperature", DType.F32, Shape.of(1));
        this.seed = backend.allocate("seed and step", DType.I32, Shape.of(4));
        this.keys = backend.allocate("random keys", DType.I32, room);
        this.tokens = backend.allocate("proposed tokens", DType.I32, room);
        this.logConfidence = backend.allocate("log confidence", DType.F32, room);
        this.margin = backend.allocate("margin", DType.F32, room);
        this.entropy = backend.allocate("entropy", DType.F32, room);
        this.keyNumbers = new int[entries];
        this.pass = pass.apply(this::record);
    }

    private void record(Recorder recorder, Tensor logits, RowLimit limit) {
        filters.record(recorder, logits, limit);
        recorder.add(new Choose(logits, limit, temperature, seed, keys, tokens, logConfidence, margin, entropy));
    }

    long temporaryBytes() {
        return pass.temporaryBytes();
    }

    void clear() {
        pass.clear();
    }

    /** Puts a whole sequence into a place of the batch. */
    void put(int place, int[] sequence, BitSet prompt) {
        ((GuidedPass) pass).put(place, sequence, prompt);
        filters.put(place, sequence, sequence.length);
    }

    /** Puts some positions of a sequence into a place of the batch. */
    void put(int place, int[] sequence, BitSet prompt, BitSet computed) {
        ((WindowPass) pass).put(place, sequence, prompt, computed);
        filters.put(place, sequence, sequence.length);
    }

    /**
     * Asks for a proposal at a position; {@code key} sets its random numbers apart, {@code kind} says to which set of
     * tokens it is restricted.
     */
    void ask(int place, int position, int key, int kind) {
        keyNumbers[pass.entries()] = key;
        filters.ask(pass.entries(), place, kind);
        pass.ask(place, position);
    }

    /** Runs the model; what comes out is read when it is asked for, before the next run. */
    DeviceProposals run(LogitFilters wanted, List<BitSet> kinds, double guidance, long seedNumber, int step) {
        temperature.set((float) wanted.temperature());
        seed.set((int) seedNumber, (int) (seedNumber >>> 32), step, 0);
        keys.set(keyNumbers);
        filters.set(wanted, kinds);
        pass.run(guidance);
        return new DeviceProposals(tokens, logConfidence, margin, entropy);
    }
}
