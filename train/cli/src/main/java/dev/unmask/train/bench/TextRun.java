package dev.unmask.train.bench;

import dev.unmask.model.LanguageModel;
import dev.unmask.sample.Computed;
import dev.unmask.sample.Estimator;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.TextSampler;
import dev.unmask.train.experiment.Mean;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a trained model wrote after real prompts, and how long it took.
 *
 * @param timings of all texts together
 * @param texts what was written, in the order of the prompts
 * @param computed positions and heads that one run computed
 */
public record TextRun(Timings timings, List<TextSampler.Written> texts, Computed computed) {
    /** Samples of one pass of a bound. */
    private static final int BATCH = 16;

    /**
     * How often, and how many at once.
     *
     * @param batch texts that go through the model together
     * @param warmup what runs before the measured runs
     * @param runs measured runs
     */
    public record Repetition(int batch, Warmup warmup, int runs) {}

    /**
     * Writes the texts, each time the same.
     *
     * @param sampler writes
     * @param requests the prompts, at least one
     * @param settings how to sample
     * @param repetition how often
     * @return the texts and the times of all of them together
     */
    public static TextRun of(
            TextSampler sampler, List<TextSampler.Request> requests, SamplerSettings settings, Repetition repetition) {
        List<TextSampler.Written> texts = new ArrayList<>();
        Computed[] computed = {Computed.NOTHING};
        Timings timings =
                Timings.of(
                        repetition.warmup(),
                        repetition.runs(),
                        () -> {
                            texts.clear();
                            Computed before = sampler.computed();
                            texts.addAll(sampler.sample(requests, settings, repetition.batch()));
                            computed[0] = sampler.computed().since(before);
                        },
                        () -> {});
        return new TextRun(timings, List.copyOf(texts), computed[0]);
    }

    /**
     * Tokens that were written.
     *
     * @return of all texts together
     */
    public long written() {
        return texts.stream().mapToLong(text -> text.sample().ids().length - text.prompt()).sum();
    }

    /**
     * Passes of the model.
     *
     * @return NFE of all texts together
     */
    public long evaluations() {
        return texts.stream().mapToLong(text -> text.sample().evaluations()).sum();
    }

    /**
     * How far these are the texts of another run.
     *
     * @param other a run over the same prompts
     * @return the share of the written tokens that are the same at the same place
     */
    public double same(TextRun other) {
        long same = 0;
        for (int i = 0; i < texts.size(); i++) {
            int[] mine = texts.get(i).sample().ids();
            int[] theirs = other.texts.get(i).sample().ids();
            for (int place = texts.get(i).prompt(); place < Math.min(mine.length, theirs.length); place++) {
                same += mine[place] == theirs[place] ? 1 : 0;
            }
        }
        return (double) same / Math.max(1, written());
    }

    /**
     * What the model itself thinks of what it wrote: the bound of its loss, or of a model of block diffusion its loss
     * from left to right.
     *
     * @param model a masked model, which wrote the texts
     * @param samples of the bound of each text, at least 1
     * @return nats a token, with the standard error over the texts
     */
    public Mean bound(LanguageModel model, int samples) {
        Likelihood likelihood = new Likelihood(model);
        int batch = Math.min(BATCH, samples);
        LikelihoodSettings settings =
                LikelihoodSettings.defaults()
                        .withEstimator(
                                model.config().network().blockLength() > 0
                                        ? Estimator.CHAIN_RULE
                                        : Estimator.MASK_COUNT)
                        .withSamples(Math.ceilDiv(samples, batch) * batch, batch);
        List<Double> losses = new ArrayList<>();
        for (TextSampler.Written text : texts) {
            int[] ids = text.sample().ids();
            int[] target = Arrays.copyOfRange(ids, text.prompt(), ids.length);
            if (target.length > 0) {
                losses.add(
                        -likelihood.estimate(Arrays.copyOf(ids, text.prompt()), target, settings).logLikelihood()
                                / target.length);
            }
        }
        return Mean.of(losses);
    }
}
