package dev.unmask.train.parity;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.ModelFolder;
import dev.unmask.sample.Count;
import dev.unmask.sample.Estimator;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.Order;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.model.json.StrictJson;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Compares samplers and chain-rule likelihoods with those recorded from PyTorch on the same weights: the samples token
 * for token, the likelihoods to {@link #LIKELIHOOD_TOLERANCE}.
 */
public final class SamplingParity {
    /** The file of recorded cases beside a model. */
    public static final String FILE_NAME = "sampling.json";

    /** Largest error of a log-likelihood that passes, relative to the recorded one or, below one nat, to one nat. */
    public static final double LIKELIHOOD_TOLERANCE = 1e-4;

    /** Rows of one pass of the chain rule; its result does not depend on it. */
    private static final int BATCH = 16;

    /**
     * The outcome of one case.
     *
     * @param what which case, in words
     * @param error of a sample the number of tokens that differ, of a likelihood its relative error
     * @param tolerance what passes
     */
    public record CaseResult(String what, double error, double tolerance) {
        /**
         * Whether the case was reproduced.
         *
         * @return false too if the error is not a number
         */
        public boolean passes() {
            return error <= tolerance;
        }
    }

    record SamplingCase(
            @JsonProperty("rule") String rule,
            @JsonProperty("prompt") int[] prompt,
            @JsonProperty("length") int length,
            @JsonProperty("steps") int steps,
            @JsonProperty("guidance") double guidance,
            @JsonProperty("temperature") double temperature,
            @JsonProperty("eps") double epsilon,
            @JsonProperty("output") int[] output) {}

    record LikelihoodCase(
            @JsonProperty("prefix") int[] prefix,
            @JsonProperty("target") int[] target,
            @JsonProperty("guidance") double guidance,
            @JsonProperty("chain_rule_nll") double nll) {}

    record Cases(
            @JsonProperty("sampling") List<SamplingCase> sampling,
            @JsonProperty("likelihood") List<LikelihoodCase> likelihood) {}

    private SamplingParity() {}

    /**
     * Whether a folder holds recorded cases.
     *
     * @param folder a model's folder
     * @return whether {@code sampling.json} lies there
     */
    public static boolean applies(Path folder) {
        return Files.exists(folder.resolve(FILE_NAME));
    }

    /**
     * Compares with the files of a folder: {@code config.json}, {@code model.safetensors}, {@code sampling.json}, which
     * holds what SMDM's sampler and likelihood gave, or texts of LLaDA's, Fast-dLLM's or Dream's samplers.
     *
     * @param backend what to compare
     * @param folder where the files are
     * @return the outcome of every case
     * @throws IOException if a file cannot be read
     * @throws InputException if a file is malformed, or a case draws random numbers, which no other engine's can
     *     reproduce; the message names the case
     */
    public static List<CaseResult> check(Backend backend, Path folder) throws IOException {
        Path file = folder.resolve(FILE_NAME);
        ObjectNode root = StrictJson.read(file);
        Optional<Cases> ours = PublishedSampling.applies(root) ? Optional.empty() : Optional.of(read(root, file));
        Transformer model = ModelFolder.open(folder).load(backend, Weights.Use.INFERENCE);
        MaskedSampler sampler = new MaskedSampler(backend, model);
        return ours.isPresent()
                ? check(backend, model, sampler, ours.get(), file)
                : PublishedSampling.check(sampler, root, file);
    }

    private static List<CaseResult> check(
            Backend backend, Transformer model, MaskedSampler sampler, Cases cases, Path file) {
        List<CaseResult> results = new ArrayList<>();
        for (int i = 0; i < cases.sampling.size(); i++) {
            SamplingCase recorded = cases.sampling.get(i);
            try {
                results.add(sampling(sampler, model.config().maskToken(), recorded, "sampling." + i));
            } catch (InputException e) {
                throw new InputException(file + ": sampling case " + i + ": " + e.getMessage(), e);
            }
        }
        Likelihood likelihood = new Likelihood(backend, model);
        for (int i = 0; i < cases.likelihood.size(); i++) {
            try {
                results.add(likelihood(likelihood, cases.likelihood.get(i), "likelihood." + i));
            } catch (InputException e) {
                throw new InputException(file + ": likelihood case " + i + ": " + e.getMessage(), e);
            }
        }
        return results;
    }

    private static Cases read(ObjectNode root, Path file) {
        ObjectNode all = StrictJson.parse("{\"sampling\": [], \"likelihood\": []}", FILE_NAME);
        StrictJson.overlay(all, root);
        return StrictJson.bind(all, Cases.class, file.toString());
    }

    private static CaseResult sampling(MaskedSampler sampler, int maskToken, SamplingCase recorded, String name) {
        boolean ancestral = recorded.rule.equals("ancestral") || recorded.rule.equals("origin");
        OptionalInt steps = OptionalInt.of(recorded.steps);
        SamplerSettings settings =
                SamplerSettings.defaults()
                        .withOrder(ancestral ? Order.RANDOM : order(recorded.rule))
                        .withCount(
                                ancestral
                                        ? new Count.Ancestral(steps, recorded.epsilon)
                                        : new Count.Smdm(steps, recorded.epsilon))
                        .withTemperature(recorded.temperature)
                        .withGuidance(recorded.guidance);
        require(
                !(ancestral && recorded.steps > 1) && settings.temperature() == 0,
                "found rule %s at temperature %s, expected temperature 0 and a rule without random numbers",
                recorded.rule,
                recorded.temperature);
        int[] found =
                sampler.sample(
                                List.of(MaskedSequence.continuing(recorded.prompt, recorded.length, maskToken, 0)),
                                settings)
                        .getFirst()
                        .ids();
        require(
                found.length == recorded.output.length,
                "output: found %d tokens, expected the %d of its length",
                recorded.output.length,
                found.length);
        int differing = 0;
        for (int i = 0; i < found.length; i++) {
            differing += found[i] == recorded.output[i] ? 0 : 1;
        }
        return new CaseResult(
                name + " " + recorded.rule + ", " + recorded.steps + " steps, guidance " + recorded.guidance,
                differing,
                0);
    }

    /** The published code calls the order of confidence {@code greedy}. */
    private static Order order(String rule) {
        return rule.equals("greedy") ? Order.CONFIDENCE : Order.of(rule);
    }

    private static CaseResult likelihood(Likelihood likelihood, LikelihoodCase recorded, String name) {
        LikelihoodSettings settings =
                LikelihoodSettings.defaults()
                        .withEstimator(Estimator.CHAIN_RULE)
                        .withSamples(BATCH, BATCH)
                        .withGuidance(recorded.guidance);
        double nll = -likelihood.estimate(recorded.prefix, recorded.target, settings).logLikelihood();
        double error = Math.abs(nll - recorded.nll) / Math.max(1, Math.abs(recorded.nll));
        return new CaseResult(name + " chain rule, guidance " + recorded.guidance, error, LIKELIHOOD_TOLERANCE);
    }

    private static void require(boolean holds, String sentence, Object... found) {
        if (!holds) {
            throw new InputException(String.format(Locale.ROOT, sentence, found));
        }
    }
}
