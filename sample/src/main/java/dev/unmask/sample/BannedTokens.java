package dev.unmask.sample;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Recorder;

import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tokens that a pass never chooses, some of them at some positions only: their logits become so low that they have no
 * probability, and the others share it (METHOD §8.3). No kernel of its own: to each row of logits one of a few rows is
 * added as a product whose left side says which.
 */
final class BannedTokens {
    /** Added to a logit. Infinity would serve the CPU, but some devices take {@code 0 · ∞}, which is not a number. */
    private static final float NEVER = -1e30f;

    private final int vocabulary;
    private final int sets;
    private final Tensor rows;
    private final Tensor choices;
    private final Tensor unit;
    private final int[] chosen;
    private Set<Integer> current = Set.of();
    private List<BitSet> currentKinds = List.of();

    /**
     * Bans.
     *
     * @param kinds sets of tokens that some entries are restricted to
     * @param room entries of a pass
     */
    BannedTokens(Backend backend, int vocabulary, int kinds, int room) {
        this.vocabulary = vocabulary;
        this.sets = kinds + 1;
        this.rows = backend.allocate("banned tokens", DType.F32, Shape.of(sets, vocabulary));
        this.chosen = new int[kinds == 0 ? 1 : room];
        this.choices = backend.allocate("which tokens are banned", DType.I32, Shape.of(chosen.length));
        this.unit = backend.allocate("unit matrix", DType.F32, Shape.of(sets, sets));
        float[] ones = new float[sets * sets];
        for (int i = 0; i < sets; i++) {
            ones[i * sets + i] = 1;
        }
        unit.set(ones);
    }

    /** Refuses tokens that the model does not have, and a ban of all. */
    static void require(Set<Integer> tokens, int vocabulary) {
        for (int token : tokens) {
            Expect.that(
                    token < vocabulary,
                    "banned tokens: found token id %d, expected 0 to %d, those that the model can choose",
                    token,
                    vocabulary - 1);
        }
        Expect.that(
                tokens.size() < vocabulary,
                "banned tokens: found all %d of the model, expected at least one that may be chosen",
                vocabulary);
    }

    /** Records what lowers the logits of the banned tokens in place. */
    void record(Recorder recorder, Tensor logits, RowLimit limit) {
        Tensor which = recorder.temporary("which", DType.F32, Shape.of(logits.shape().rows(), sets));
        recorder.add(sets == 1 ? new Fill(which, 1) : new GatherRows(unit, choices, limit, which));
        recorder.add(new Gemm(which, false, rows, false, Optional.of(logits), logits, limit, Precision.F32));
    }

    /** Restricts an entry to a set of tokens, counted from 1; 0: it is not restricted. */
    void ask(int entry, int kind) {
        chosen[entry] = kind;
    }

    /** From now on these are banned everywhere, and all others than these where an entry is restricted. */
    void set(Set<Integer> tokens, List<BitSet> kinds) {
        choices.set(chosen);
        if (tokens.equals(current) && kinds.equals(currentKinds)) {
            return;
        }
        float[] values = new float[sets * vocabulary];
        for (int set = 0; set < sets; set++) {
            for (int token = 0; token < vocabulary; token++) {
                boolean never = set > 0 && (set > kinds.size() || !kinds.get(set - 1).get(token));
                values[set * vocabulary + token] = never || tokens.contains(token) ? NEVER : 0;
            }
        }
        rows.set(values);
        current = tokens;
        currentKinds = List.copyOf(kinds);
    }
}
