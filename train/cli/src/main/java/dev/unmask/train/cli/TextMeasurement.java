package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.json.StrictJson;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.sample.Estimator;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.LikelihoodEstimate;
import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.sample.Order;
import dev.unmask.sample.tasks.RequestTokens;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** How likely texts are after others. */
final class TextMeasurement {
    private static final int BATCH = 16;
    private static final int MOST_SAMPLES = 1 << 20;

    /** Texts that are sorted by length together, so that those of like lengths follow one another. */
    private static final int WINDOW = 256;

    private final List<InputOptions.Line> lines;
    private final String prefix;
    private final Asked asked;

    /** What was asked for. */
    record Asked(
            Optional<String> estimator,
            Optional<Integer> samples,
            Optional<Integer> batch,
            Optional<Double> guidance,
            Optional<String> order,
            Optional<Double> targetError,
            Precision precision) {
        Asked {
            if (order.isPresent() && !estimator.equals(Optional.of("duel"))) {
                throw new InputException("--order: found without --estimator duel, to which it belongs");
            }
            samples.ifPresent(value -> Expected.between("--samples", value, 1, MOST_SAMPLES));
            batch.ifPresent(value -> Expected.between("--batch", value, 1, Expected.MOST_AT_ONCE));
        }
    }

    /** Finds how likely a text is. */
    interface Scorer {
        LikelihoodEstimate score(RequestTokens.Split text);
    }

    /**
     * Texts to measure.
     *
     * @param prefix what stands before those that have nothing of their own there
     */
    TextMeasurement(List<InputOptions.Line> lines, String prefix, Asked asked) {
        this.lines = lines;
        this.prefix = prefix;
        this.asked = asked;
    }

    Plan plan(DryRun dryRun, ModelOptions model) throws IOException {
        LanguageModel loaded = model.load(dryRun, asked.precision());
        long weights = dryRun.use().tensors();
        Scorer scorer = scorer(loaded, asked);
        List<RequestTokens.Split> texts = split(loaded);
        int longest = texts.stream().mapToInt(TextMeasurement::length).max().orElseThrow();
        long passes = texts.stream().mapToLong(text -> scorer.score(text).evaluations()).sum();
        return new Plan(
                String.format(
                        Locale.ROOT,
                        "measure %,d %s of at most %,d tokens; %,d passes of a text through the model",
                        texts.size(),
                        texts.size() == 1 ? "text" : "texts",
                        longest,
                        passes),
                MemoryEstimate.ofInference(dryRun, weights));
    }

    /** Measures and prints. */
    void run(LanguageModel loaded, boolean json) {
        Scorer scorer = scorer(loaded, asked);
        List<RequestTokens.Split> texts = split(loaded);
        for (int first = 0; first < texts.size(); first += WINDOW) {
            int end = Math.min(texts.size(), first + WINDOW);
            LikelihoodEstimate[] found = new LikelihoodEstimate[end - first];
            int start = first;
            IntStream.range(first, end)
                    .boxed()
                    .sorted(Comparator.comparingInt(i -> length(texts.get(i))))
                    .forEach(i -> found[i - start] = scorer.score(texts.get(i)));
            for (int i = first; i < end; i++) {
                int tokens = texts.get(i).target().length;
                System.out.println(
                        json ? json(lines.get(i), found[i - start], tokens) : sentence(found[i - start], tokens));
            }
            System.out.flush();
        }
    }

    private static int length(RequestTokens.Split text) {
        return text.prefix().length + text.target().length;
    }

    /** Who measures, as was asked for. */
    static Scorer scorer(LanguageModel loaded, Asked asked) {
        if (loaded.config().causal()) {
            return causal(new CausalLikelihood(loaded), asked);
        }
        int samples = asked.samples().orElse(LikelihoodSettings.defaults().samples());
        LikelihoodSettings settings =
                LikelihoodSettings.defaults()
                        .withEstimator(Estimator.CHAIN_RULE)
                        .withSamples(samples, Math.min(asked.batch().orElse(BATCH), samples))
                        .withEstimator(
                                asked.estimator().map(Estimator::of).orElse(LikelihoodSettings.defaults().estimator()))
                        .withGuidance(asked.guidance().orElse(0.0))
                        .withOrder(asked.order().map(Order::of).orElse(Order.CONFIDENCE))
                        .withTargetError(asked.targetError().orElse(0.0));
        Likelihood likelihood = new Likelihood(loaded);
        return text -> likelihood.estimate(text.prefix(), text.target(), settings);
    }

    private static Scorer causal(CausalLikelihood likelihood, Asked asked) {
        List<String> others = new ArrayList<>();
        asked.estimator().ifPresent(value -> others.add("--estimator"));
        asked.samples().ifPresent(value -> others.add("--samples"));
        asked.guidance().ifPresent(value -> others.add("--guidance"));
        asked.order().ifPresent(value -> others.add("--order"));
        asked.targetError().ifPresent(value -> others.add("--target-error"));
        if (!others.isEmpty()) {
            throw new InputException(
                    others.getFirst()
                            + ": found an autoregressive model, whose likelihood is exact after one pass; go without "
                            + String.join(", ", others)
                            + ", or measure a masked model");
        }
        return text -> {
            List<CausalLikelihood.Text> one = List.of(new CausalLikelihood.Text(text.prefix(), text.target()));
            return new LikelihoodEstimate(likelihood.score(one).getFirst().logLikelihood(), OptionalDouble.of(0), 1);
        };
    }

    /** The tokens of all texts, which are all checked before the first is measured. */
    private List<RequestTokens.Split> split(LanguageModel loaded) {
        ModelConfig config = loaded.config();
        RequestTokens tokens =
                new RequestTokens(loaded.tokenizer(), loaded.tokenizer().beginsTexts(), Integer.MAX_VALUE);
        List<RequestTokens.Split> texts = new ArrayList<>();
        for (InputOptions.Line line : lines) {
            String target = line.text("target");
            if (target.isEmpty()) {
                throw new InputException(line.where() + ": found an empty text, expected one to measure");
            }
            RequestTokens.Split text = tokens.split(line.where(), line.part("prefix").orElse(prefix), target);
            int seen = length(text) - (config.causal() ? 1 : 0);
            if (seen > config.maxLength()) {
                throw new InputException(
                        String.format(
                                Locale.ROOT,
                                "%s: found %,d tokens of prefix and target, expected at most the model's %,d positions"
                                        + " (block_size)",
                                line.where(),
                                seen,
                                config.maxLength()));
            }
            if (config.causal() && text.prefix().length == 0) {
                throw new InputException(
                        line.where()
                                + ": found nothing before it, but an autoregressive model says how likely a token is"
                                + " only after another; pass what stands before by --prefix");
            }
            texts.add(text);
        }
        return texts;
    }

    private static String json(InputOptions.Line line, LikelihoodEstimate found, int tokens) {
        ObjectNode result = line.result();
        boolean exact = isExact(found);
        result.put("log_likelihood", found.logLikelihood());
        if (!exact) {
            found.standardError().ifPresent(error -> result.put("standard_error", error));
        }
        result.put("exact", exact).put("tokens", tokens).put("evaluations", found.evaluations());
        return StrictJson.line(result);
    }

    private static String sentence(LikelihoodEstimate found, int tokens) {
        String error =
                isExact(found) || found.standardError().isEmpty()
                        ? ""
                        : String.format(Locale.ROOT, " ± %.4f", found.standardError().getAsDouble());
        return String.format(
                Locale.ROOT,
                "log-likelihood %.4f%s nats%s, %d token%s, %.4f nats a token, %d evaluation%s",
                found.logLikelihood(),
                error,
                isExact(found) ? " (exact)" : " (a bound)",
                tokens,
                tokens == 1 ? "" : "s",
                -found.logLikelihood() / tokens,
                found.evaluations(),
                found.evaluations() == 1 ? "" : "s");
    }

    private static boolean isExact(LikelihoodEstimate found) {
        return found.standardError().isPresent() && found.standardError().getAsDouble() == 0;
    }
}
