package dev.unmask.sample;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Penalize;
import dev.unmask.tensor.kernel.Truncate;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Recorder;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/** The part of a recorded pass that changes logits before a token is chosen: only those kernels that are needed. */
final class FilterStage {
    /** Stands for no token. */
    private static final int NONE = -1;

    /** Which kernels are recorded. */
    record Form(boolean banning, int kinds, boolean penalizing, boolean truncating) {
        static Form of(LogitFilters filters) {
            return of(filters, 0);
        }

        /** Of filters, and of so many sets of tokens that some entries are restricted to. */
        static Form of(LogitFilters filters, int kinds) {
            return new Form(
                    !filters.banned().isEmpty() || kinds > 0,
                    kinds,
                    filters.repetitionPenalty() != 1,
                    filters.topK() > 0 || filters.topP() < 1);
        }
    }

    private final Form form;
    private final int vocabulary;
    private final int length;
    private final Optional<BannedTokens> banned;
    private final Tensor settings;
    private final Tensor penalty;
    private final Tensor seen;
    private final Tensor sequences;
    private final int[] seenTokens;
    private final int[] sequenceNumbers;

    /**
     * A stage.
     *
     * @param batch sequences of a pass
     * @param length positions of each
     * @param room entries of a pass
     */
    FilterStage(Backend backend, int vocabulary, Form form, int batch, int length, int room) {
        this.form = form;
        this.vocabulary = vocabulary;
        this.length = length;
        this.banned =
                form.banning ? Optional.of(new BannedTokens(backend, vocabulary, form.kinds, room)) : Optional.empty();
        this.settings = backend.allocate("truncation settings", DType.F32, Shape.of(3));
        this.penalty = backend.allocate("repetition penalty", DType.F32, Shape.of(1));
        this.seenTokens = new int[form.penalizing ? batch * length : 1];
        this.sequenceNumbers = new int[form.penalizing ? room : 1];
        this.seen =
                backend.allocate(
                        "tokens of sequences", DType.I32, form.penalizing ? Shape.of(batch, length) : Shape.of(1));
        this.sequences = backend.allocate("sequences of entries", DType.I32, Shape.of(sequenceNumbers.length));
    }

    void record(Recorder recorder, Tensor logits, RowLimit limit) {
        banned.ifPresent(ban -> ban.record(recorder, logits, limit));
        if (form.penalizing) {
            recorder.add(new Penalize(logits, limit, seen, sequences, penalty));
        }
        if (form.truncating) {
            recorder.add(new Truncate(logits, limit, settings));
        }
    }

    /**
     * Notes which tokens stand in the first positions of a sequence; what is no token of the vocabulary does not count.
     */
    void put(int place, int[] ids, int count) {
        if (!form.penalizing) {
            return;
        }
        Arrays.fill(seenTokens, place * length, (place + 1) * length, NONE);
        int[] different = Arrays.stream(ids, 0, count).filter(id -> id < vocabulary).distinct().toArray();
        System.arraycopy(different, 0, seenTokens, place * length, different.length);
    }

    /** Notes which sequence an entry belongs to. */
    void ask(int entry, int place) {
        ask(entry, place, 0);
    }

    /** Notes which sequence an entry belongs to, and to which set of tokens, from 1, it is restricted; 0: to none. */
    void ask(int entry, int place, int kind) {
        if (form.kinds > 0) {
            banned.orElseThrow().ask(entry, kind);
        }
        if (form.penalizing) {
            sequenceNumbers[entry] = place;
        }
    }

    /** From now on logits are filtered like this. */
    void set(LogitFilters filters) {
        set(filters, List.of());
    }

    /** From now on logits are filtered like this, those of restricted entries to these sets. */
    void set(LogitFilters filters, List<BitSet> kinds) {
        banned.ifPresent(ban -> ban.set(filters.banned(), kinds));
        if (form.penalizing) {
            penalty.set((float) filters.repetitionPenalty());
            seen.set(seenTokens);
            sequences.set(sequenceNumbers);
        }
        if (form.truncating) {
            settings.set((float) filters.temperature(), filters.topK(), (float) filters.topP());
        }
    }
}
