package dev.unmask.sample;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/**
 * How probable a masked diffusion model finds a target after a prefix (METHOD §5): estimates of the log-likelihood, and
 * whether greedy decoding finds the target. The prefix is never masked, except by guidance.
 *
 * <p>Used by one thread at a time, as its backend is.
 */
public final class Likelihood {
    /** Estimates whose error is known before it is believed to be small enough. */
    private static final int LEAST_GROUPS = 4;

    private static final String WHAT = "measuring a likelihood";

    private final Denoiser denoiser;

    /**
     * Likelihoods.
     *
     * @param model a masked model
     * @throws InputException if the model is causal
     */
    public Likelihood(LanguageModel model) {
        this(model.backend(), model.transformer(), model.precision());
    }

    /**
     * Likelihoods in float32.
     *
     * @param backend owns the model's weights
     * @param model a masked model
     * @throws InputException if the model is causal
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
     * @throws InputException if the model is causal
     */
    public Likelihood(Backend backend, Transformer model, Precision precision) {
        this(new TransformerDenoiser(backend, model, precision));
    }

    /**
     * Likelihoods by whatever knows which tokens may stand at masked positions.
     *
     * @param denoiser is asked in every pass
     */
    public Likelihood(Denoiser denoiser) {
        this.denoiser = denoiser;
    }

    /**
     * Estimates {@code ln p(target | prefix)}; the same settings give the same bits.
     *
     * @param prefix token ids, possibly none
     * @param target token ids, at least one
     * @param settings how to estimate
     * @return the estimate
     * @throws InputException if an id is not in the vocabulary, the model is too short, or it is one of block diffusion
     *     and the estimator hides tokens of blocks before others, which it never saw hidden
     */
    public LikelihoodEstimate estimate(int[] prefix, int[] target, LikelihoodSettings settings) {
        return estimate(prefix, target, settings, Cancellation.NEVER);
    }

    /**
     * As {@link #estimate(int[], int[], LikelihoodSettings)}, and can be ended between passes.
     *
     * @param prefix token ids, possibly none
     * @param target token ids, at least one
     * @param settings how to estimate
     * @param cancellation is asked before each pass
     * @return the estimate
     * @throws InputException as there
     * @throws java.util.concurrent.CancellationException if the cancellation says so
     */
    public LikelihoodEstimate estimate(
            int[] prefix, int[] target, LikelihoodSettings settings, Cancellation cancellation) {
        int length = require(prefix, target, settings.paddedLength());
        if (denoiser.blockLength() > 0 && settings.estimator() != Estimator.CHAIN_RULE) {
            throw new InputException(
                    "estimator "
                            + settings.estimator().label()
                            + ": found a model of block diffusion, which writes blocks of "
                            + denoiser.blockLength()
                            + " tokens from left to right; expected the estimator "
                            + Estimator.CHAIN_RULE.label());
        }
        double guidance = prefix.length > 0 ? settings.guidance() : 0;
        if (settings.estimator() == Estimator.DUEL) {
            return inOrder(prefix, target, length, settings, guidance, cancellation);
        }
        Draws draws = Draws.of(settings, target.length);
        int total = Math.multiplyExact(draws.groups(), draws.groupSize());
        int batch = Math.min(settings.batch(), total);
        BitSet prompt = prompt(prefix);
        double[] losses = new double[draws.groups()];
        int first = 0;
        while (first < total && !precise(losses, first / draws.groupSize(), settings.targetError())) {
            int size = Math.min(batch, total - first);
            Draws.Draw[] members = new Draws.Draw[size];
            List<Denoiser.Scored> texts = new ArrayList<>();
            int entries = 0;
            for (int i = 0; i < size; i++) {
                members[i] = draws.draw((first + i) / draws.groupSize(), (first + i) % draws.groupSize());
                int[] scored = members[i].scored();
                texts.add(
                        new Denoiser.Scored(
                                masked(prefix, target, members[i].hidden(), length),
                                prompt,
                                Arrays.stream(scored).map(place -> prefix.length + place).toArray(),
                                Arrays.stream(scored).map(place -> target[place]).toArray()));
                entries += scored.length;
            }
            if (entries > 0) {
                cancellation.check(WHAT);
                float[] crossEntropy = denoiser.crossEntropy(batch, texts, guidance);
                int entry = 0;
                for (int i = 0; i < size; i++) {
                    double sum = 0;
                    for (int j = 0; j < members[i].scored().length; j++) {
                        sum += crossEntropy[entry++];
                    }
                    losses[(first + i) / draws.groupSize()] += members[i].weight() * sum;
                }
            }
            first += size;
        }
        double[] finished = Arrays.copyOf(losses, first == total ? losses.length : first / draws.groupSize());
        return estimate(finished, draws.exact(), Math.multiplyExact(first, guidance > 0 ? 2 : 1));
    }

    /** Whether the error of the first estimates is small enough; never, if no error is asked for. */
    private static boolean precise(double[] losses, int finished, double targetError) {
        return targetError > 0
                && finished >= LEAST_GROUPS
                && standardError(Arrays.copyOf(losses, finished)) <= targetError;
    }

    private static double standardError(double[] losses) {
        double mean = Arrays.stream(losses).sum() / losses.length;
        double squares = Arrays.stream(losses).map(loss -> (loss - mean) * (loss - mean)).sum();
        return Math.sqrt(squares / (losses.length - 1) / losses.length);
    }

    /** The exact likelihood of a sampler that draws one token a pass where an order of its distributions says. */
    private LikelihoodEstimate inOrder(
            int[] prefix,
            int[] target,
            int length,
            LikelihoodSettings settings,
            double guidance,
            Cancellation cancellation) {
        SamplerSettings sampling = SamplerSettings.defaults().withOrder(settings.order());
        Denoiser.Session session = denoiser.open(1, length, sampling);
        BitSet left = new BitSet();
        left.set(0, target.length);
        BitSet prompt = prompt(prefix);
        double loss = 0;
        int evaluations = 0;
        for (int index = 0; index < target.length; index++) {
            cancellation.check(WHAT);
            int[] places = left.stream().toArray();
            int[] ids = masked(prefix, target, places, length);
            int chosen = 0;
            if (!settings.order().knownBeforehand() && places.length > 1) {
                int[] positions = Arrays.stream(places).map(place -> prefix.length + place).toArray();
                Denoiser.Window window = new Denoiser.Window(0, length, index == 0);
                Proposals proposals =
                        session.propose(
                                List.of(new Denoiser.Query(0, ids, prompt, positions, 0, window)), guidance, index);
                evaluations++;
                cancellation.check(WHAT);
                Step step =
                        new Step(index, target.length, target.length, places.length, 0, 0, Step.Clock.START, i -> 0);
                double[] scores =
                        IntStream.range(0, places.length)
                                .mapToDouble(i -> settings.order().score(step, positions[i], proposals, i))
                                .toArray();
                chosen = Ranking.best(scores, 1)[0];
            }
            int place = places[chosen];
            loss +=
                    denoiser.crossEntropy(
                                    1,
                                    List.of(
                                            new Denoiser.Scored(
                                                    ids,
                                                    prompt,
                                                    new int[] {prefix.length + place},
                                                    new int[] {target[place]})),
                                    guidance)[0];
            evaluations++;
            left.clear(place);
        }
        Expect.prediction(loss);
        return new LikelihoodEstimate(-loss, OptionalDouble.of(0), evaluations * (guidance > 0 ? 2 : 1));
    }

    private static LikelihoodEstimate estimate(double[] losses, boolean exact, int evaluations) {
        int groups = losses.length;
        double mean = Arrays.stream(losses).sum() / groups;
        Expect.prediction(mean);
        OptionalDouble error = OptionalDouble.empty();
        if (exact) {
            error = OptionalDouble.of(0);
        } else if (groups > 1) {
            error = OptionalDouble.of(standardError(losses));
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
        return greedilyDecoded(prefix, target, guidance, Cancellation.NEVER);
    }

    /**
     * As {@link #greedilyDecoded(int[], int[], double)}, and can be ended between passes.
     *
     * @param prefix token ids, possibly none
     * @param target token ids, at least one
     * @param guidance classifier-free guidance scale {@code w}, at least 0
     * @param cancellation is asked before each pass
     * @return whether every token is the target's
     * @throws InputException as there
     * @throws java.util.concurrent.CancellationException if the cancellation says so
     */
    public boolean greedilyDecoded(int[] prefix, int[] target, double guidance, Cancellation cancellation) {
        Expect.nonNegative("guidance scale", guidance);
        int length = require(prefix, target, 0);
        Denoiser.Session session = denoiser.open(1, length, SamplerSettings.defaults());
        BitSet left = new BitSet();
        left.set(0, target.length);
        BitSet prompt = prompt(prefix);
        while (!left.isEmpty()) {
            cancellation.check("greedy decoding");
            int[] places = left.stream().toArray();
            int[] positions = Arrays.stream(places).map(place -> prefix.length + place).toArray();
            Denoiser.Query query =
                    new Denoiser.Query(
                            0,
                            masked(prefix, target, places, length),
                            prompt,
                            positions,
                            0,
                            new Denoiser.Window(0, length, places.length == target.length));
            Proposals found =
                    session.propose(List.of(query), prefix.length > 0 ? guidance : 0, target.length - places.length);
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
        Expect.ids("prefix", prefix, denoiser.vocabulary());
        Expect.ids("target", target, denoiser.vocabulary());
        Expect.that(
                IntStream.of(target).noneMatch(id -> id == denoiser.maskToken()),
                "target: found the mask token, %d, expected tokens of text",
                denoiser.maskToken());
        Expect.atLeast("tokens of the target", target.length, 1);
        int length = Math.max(prefix.length + target.length, paddedLength);
        Expect.fits("prefix and target", length, denoiser.maxLength());
        return length;
    }

    private int[] masked(int[] prefix, int[] target, int[] hidden, int length) {
        int[] ids = new int[length];
        Arrays.fill(ids, denoiser.maskToken());
        System.arraycopy(prefix, 0, ids, 0, prefix.length);
        System.arraycopy(target, 0, ids, prefix.length, target.length);
        for (int place : hidden) {
            ids[prefix.length + place] = denoiser.maskToken();
        }
        return ids;
    }

    private static BitSet prompt(int[] prefix) {
        BitSet prompt = new BitSet();
        prompt.set(0, prefix.length);
        return prompt;
    }
}
