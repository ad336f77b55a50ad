package dev.unmask.sample;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;

import java.util.Arrays;
import java.util.BitSet;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * How probable a masked diffusion model finds a target after a prefix (METHOD §5): estimates of the log-likelihood, and
 * whether greedy decoding finds the target. The prefix is never masked, except by guidance.
 *
 * <p>Used by one thread at a time, as its backend is.
 */
public final class Likelihood {
    /** Lengths are rounded up to a multiple of this, so that a few programs serve targets of all lengths. */
    private static final int LENGTH_STEP = 16;

    private final ModelConfig config;
    private final RecentlyUsed<GuidedPass.Form, ScoringPass> scoring;
    private final RecentlyUsed<ProposalPass.Form, ProposalPass> proposing;

    /**
     * Likelihoods.
     *
     * @param model a masked model
     * @throws IllegalStateException if the model is causal
     */
    public Likelihood(LanguageModel model) {
        this(model.backend(), model.transformer(), model.precision());
    }

    /**
     * Likelihoods in float32.
     *
     * @param backend owns the model's weights
     * @param model a masked model
     * @throws IllegalStateException if the model is causal
     */
    public Likelihood(Backend backend, Transformer model) {
        this(backend, model, Precision.F32);
    }

    /**
     * Likelihoods.
     *
     * @param backend owns the model's weights
     * @param model a masked model
     * @param precision what the operands of matrix products are rounded to
     * @throws IllegalStateException if the model is causal
     */
    public Likelihood(Backend backend, Transformer model, Precision precision) {
        this.config = model.config();
        config.maskToken();
        this.scoring =
                new RecentlyUsed<>(
                        form -> new ScoringPass(backend, model, precision, form), ScoringPass::temporaryBytes);
        this.proposing =
                new RecentlyUsed<>(
                        form -> new ProposalPass(backend, model, precision, form), ProposalPass::temporaryBytes);
    }

    /**
     * Estimates {@code ln p(target | prefix)}; the same settings give the same bits.
     *
     * @param prefix token ids, possibly none
     * @param target token ids, at least one
     * @param settings how to estimate
     * @return the estimate
     * @throws InputException if an id is not in the vocabulary or the model is too short
     */
    public LikelihoodEstimate estimate(int[] prefix, int[] target, LikelihoodSettings settings) {
        int length = require(prefix, target, settings.paddedLength());
        Draws draws = Draws.of(settings, target.length);
        boolean guided = settings.guidance() > 0 && prefix.length > 0;
        int total = Math.multiplyExact(draws.groups(), draws.groupSize());
        int batch = Math.min(settings.batch(), total);
        ScoringPass pass = scoring.get(new GuidedPass.Form(batch, rounded(length), guided));
        BitSet prompt = prompt(prefix);
        double[] losses = new double[draws.groups()];
        for (int first = 0; first < total; first += batch) {
            int size = Math.min(batch, total - first);
            Draws.Draw[] members = new Draws.Draw[size];
            pass.clear();
            for (int i = 0; i < size; i++) {
                members[i] = draws.draw((first + i) / draws.groupSize(), (first + i) % draws.groupSize());
                pass.put(i, masked(prefix, target, members[i].hidden(), length), prompt);
                for (int place : members[i].scored()) {
                    pass.ask(i, prefix.length + place, target[place]);
                }
            }
            if (pass.entries() == 0) {
                continue;
            }
            float[] crossEntropy = pass.run(settings.guidance());
            int entry = 0;
            for (int i = 0; i < size; i++) {
                double sum = 0;
                for (int j = 0; j < members[i].scored().length; j++) {
                    sum += crossEntropy[entry++];
                }
                losses[(first + i) / draws.groupSize()] += members[i].weight() * sum;
            }
        }
        return estimate(losses, draws.exact(), Math.multiplyExact(total, guided ? 2 : 1));
    }

    private static LikelihoodEstimate estimate(double[] losses, boolean exact, int evaluations) {
        int groups = losses.length;
        double mean = Arrays.stream(losses).sum() / groups;
        Expect.prediction(mean);
        OptionalDouble error = OptionalDouble.empty();
        if (exact) {
            error = OptionalDouble.of(0);
        } else if (groups > 1) {
            double squares = Arrays.stream(losses).map(l -> (l - mean) * (l - mean)).sum();
            error = OptionalDouble.of(Math.sqrt(squares / (groups - 1) / groups));
        }
        return new LikelihoodEstimate(-mean, error, evaluations);
    }

    /**
     * Whether greedy decoding finds the target (METHOD §5.3, LAMBADA accuracy): all its tokens masked, its length
     * given, the most confident token is set in each pass.
     *
     * @param prefix token ids, possibly none
     * @param target token ids, at least one
     * @param guidance classifier-free guidance scale {@code w}, at least 0
     * @return whether every token is the target's
     * @throws InputException if an id is not in the vocabulary, the model is too short or the scale negative
     */
    public boolean greedilyDecoded(int[] prefix, int[] target, double guidance) {
        Expect.nonNegative("guidance scale", guidance);
        int length = require(prefix, target, 0);
        boolean guided = guidance > 0 && prefix.length > 0;
        ProposalPass pass =
                proposing.get(
                        new ProposalPass.Form(
                                new GuidedPass.Form(1, rounded(length), guided),
                                FilterStage.Form.of(LogitFilters.NONE)));
        BitSet left = new BitSet();
        left.set(0, target.length);
        BitSet prompt = prompt(prefix);
        while (!left.isEmpty()) {
            int[] places = left.stream().toArray();
            pass.clear();
            pass.put(0, masked(prefix, target, places, length), prompt);
            for (int place : places) {
                pass.ask(0, prefix.length + place, prefix.length + place);
            }
            Proposals found = pass.run(LogitFilters.NONE, guidance, 0, target.length - places.length);
            float[] confidence = found.logConfidence();
            int best = Ranking.best(IntStream.range(0, places.length).mapToDouble(i -> confidence[i]).toArray(), 1)[0];
            // Tokens once set stay, so the first wrong one decides.
            if (found.tokens()[best] != target[places[best]]) {
                return false;
            }
            left.clear(places[best]);
        }
        return true;
    }

    private int require(int[] prefix, int[] target, int paddedLength) {
        Expect.ids("prefix", prefix, config.vocabulary());
        Expect.ids("target", target, config.vocabulary());
        Expect.atLeast("tokens of the target", target.length, 1);
        int length = Math.max(prefix.length + target.length, paddedLength);
        Expect.fits("prefix and target", length, config.maxLength());
        return length;
    }

    private int rounded(int length) {
        return Math.min(config.maxLength(), Math.ceilDiv(length, LENGTH_STEP) * LENGTH_STEP);
    }

    private int[] masked(int[] prefix, int[] target, int[] hidden, int length) {
        int[] ids = new int[length];
        Arrays.fill(ids, config.maskToken());
        System.arraycopy(prefix, 0, ids, 0, prefix.length);
        System.arraycopy(target, 0, ids, prefix.length, target.length);
        for (int place : hidden) {
            ids[prefix.length + place] = config.maskToken();
        }
        return ids;
    }

    private static BitSet prompt(int[] prefix) {
        BitSet prompt = new BitSet();
        prompt.set(0, prefix.length);
        return prompt;
    }
}
