package dev.unmask.train.cli;

import dev.unmask.sample.Estimator;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.LikelihoodEstimate;
import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.tensor.Backend;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.train.Validation;
import dev.unmask.train.data.PackedTokens;
import dev.unmask.train.data.UnigramEntropy;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code unmask eval}: the loss on a text, or the likelihood of a continuation. */
@Command(
        name = "eval",
        description = {
            "Measures a model: the validation loss of its run or of a packed token file, or how likely a continuation"
                    + " is.",
        },
        footer = {
            "",
            "Examples:",
            "  unmask eval --model runs/demo",
            "  unmask eval --model runs/demo --draws 128 --length 64",
            "  unmask eval --model runs/demo --prefix 'salmon:' --target ' any of various large food and game fishes'",
            "  unmask eval --model runs/demo --prefix 'oak:' --target ' a tree' --estimator chain_rule"
        })
final class EvalCommand implements Callable<Integer> {
    @Mixin private EngineOptions engine;
    @Mixin private LoadedModel.Options model;

    @Option(
            names = "--data",
            paramLabel = "FILE",
            description = "A packed token file. Default: data/validation.tokens in the run's folder.")
    private Optional<Path> data;

    @Option(names = "--length", paramLabel = "N", defaultValue = "128", description = "Default: ${DEFAULT-VALUE}.")
    private int length;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "16", description = "Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--batches",
            paramLabel = "N",
            defaultValue = "16",
            description = "Micro-batches at the most. Default: ${DEFAULT-VALUE}.")
    private int batches;

    @Option(
            names = "--draws",
            paramLabel = "N",
            defaultValue = "16",
            description = "Monte Carlo draws of each; the paper takes 128. Default: ${DEFAULT-VALUE}.")
    private int draws;

    @Option(
            names = "--precision",
            defaultValue = "f32",
            description = "f32, tf32 (f32 where the device has none) or bf16. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(names = "--target", paramLabel = "TEXT", description = "Measure how likely this text is after --prefix.")
    private Optional<String> target;

    @Option(names = "--prefix", paramLabel = "TEXT", defaultValue = "", description = "What stands before the target.")
    private String prefix;

    @Option(
            names = "--estimator",
            defaultValue = "mask_count",
            description = "mc, mask_count, chain_rule or any_order. Default: ${DEFAULT-VALUE}.")
    private String estimator;

    @Option(names = "--samples", paramLabel = "N", defaultValue = "128", description = "Default: ${DEFAULT-VALUE}.")
    private int samples;

    @Option(names = "--guidance", paramLabel = "W", defaultValue = "0", description = "Default: ${DEFAULT-VALUE}.")
    private double guidance;

    @Override
    public Integer call() throws IOException {
        try (Backend backend = engine.open()) {
            LoadedModel loaded = model.load(backend);
            if (target.isPresent()) {
                printLikelihood(backend, loaded, target.get());
            } else {
                printLoss(backend, loaded);
            }
        }
        return Main.DONE;
    }

    private void printLikelihood(Backend backend, LoadedModel loaded, String text) {
        int[] before = loaded.tokenizer().encode(prefix);
        int[] tokens = loaded.tokenizer().encode(text);
        LikelihoodSettings settings =
                LikelihoodSettings.defaults()
                        .withSamples(samples, Math.min(batch, samples))
                        .withEstimator(Estimator.of(estimator))
                        .withGuidance(guidance);
        LikelihoodEstimate found =
                new Likelihood(backend, loaded.transformer(), precision).estimate(before, tokens, settings);
        System.out.printf(
                Locale.ROOT,
                "log-likelihood %.4f nats%s, %d tokens, %.4f nats a token, %d evaluations%n",
                found.logLikelihood(),
                found.standardError().isPresent()
                        ? String.format(Locale.ROOT, " ± %.4f", found.standardError().getAsDouble())
                        : "",
                tokens.length,
                -found.logLikelihood() / Math.max(1, tokens.length),
                found.evaluations());
    }

    private void printLoss(Backend backend, LoadedModel loaded) throws IOException {
        Path file = data.orElse(model.folder().resolve("data").resolve("validation.tokens"));
        if (!Files.exists(file)) {
            throw new InputException(
                    file + ": not found; pass --data with a packed token file, or --target with a text");
        }
        PackedTokens tokens = PackedTokens.open(file, loaded.tokenizer());
        if (tokens.vocabulary() > loaded.transformer().config().vocabulary()) {
            throw new InputException(
                    file
                            + ": found a vocabulary of "
                            + tokens.vocabulary()
                            + ", expected at most the model's "
                            + loaded.transformer().config().vocabulary());
        }
        Validation.Result result =
                new Validation(
                                backend,
                                loaded.transformer(),
                                tokens,
                                new Validation.Settings(batch, length, batches, draws, precision))
                        .measure();
        System.out.printf(
                Locale.ROOT,
                "loss %.4f ± %.4f nats a token, perplexity %.2f, %,d tokens%n",
                result.loss(),
                result.standardError(),
                result.perplexity(),
                result.tokens());
        System.out.printf(Locale.ROOT, "unigram entropy of the text: %.4f nats a token%n", UnigramEntropy.of(tokens));
    }
}
