package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.train.MemoryEstimate;
import dev.unmask.train.Objective;
import dev.unmask.train.Validation;
import dev.unmask.train.data.PackedTokens;
import dev.unmask.train.data.UnigramEntropy;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The loss of a model on packed tokens. */
final class LossMeasurement {
    private static final int LENGTH = 128;
    private static final int BATCH = 16;
    private static final int DRAWS = 16;

    private final Path file;
    private final RunSizes run;
    private final Asked asked;

    /** What was asked for; what was not is as the run or the model has it. */
    record Asked(
            Optional<Integer> length,
            Optional<Integer> batch,
            int batches,
            Optional<Integer> draws,
            Precision precision) {
        Asked {
            length.ifPresent(value -> Expected.atLeast("--length", value, 1));
            batch.ifPresent(value -> Expected.between("--batch", value, 1, Expected.MOST_AT_ONCE));
            Expected.atLeast("--batches", batches, 1);
            draws.ifPresent(value -> Expected.atLeast("--draws", value, 1));
        }
    }

    LossMeasurement(Path file, RunSizes run, Asked asked) {
        this.file = file;
        this.run = run;
        this.asked = asked;
    }

    Plan plan(DryRun dryRun, ModelOptions model) throws IOException {
        LanguageModel loaded = model.load(dryRun, asked.precision());
        long weights = dryRun.use().tensors();
        PackedTokens tokens = open(loaded);
        Validation.Settings settings = settings(loaded.config(), tokens);
        Validation.Settings once =
                new Validation.Settings(settings.batch(), settings.length(), 1, 1, settings.precision());
        new Validation(dryRun, loaded.transformer(), tokens, once).measure();
        ModelConfig config = loaded.config();
        long batches =
                Math.min(
                        settings.batches(),
                        tokens.blocks(Objective.of(config).blockLength(settings.length())) / settings.batch());
        String what =
                String.format(
                        Locale.ROOT,
                        "measure the loss on %s: %,d batches of %d × %d tokens, %,d passes of a batch through the model",
                        Printable.line(file.toString()),
                        batches,
                        settings.batch(),
                        settings.length(),
                        batches * (config.causal() ? 1 : settings.draws()));
        return new Plan(what, MemoryEstimate.ofInference(dryRun, weights));
    }

    /** Measures; returns a line or two to print. */
    String run(LanguageModel loaded, boolean json) throws IOException {
        PackedTokens tokens = open(loaded);
        Validation.Settings settings = settings(loaded.config(), tokens);
        Validation.Result result = new Validation(loaded.backend(), loaded.transformer(), tokens, settings).measure();
        long passes = result.tokens() / settings.batch() / settings.length() * settings.draws();
        boolean measured = passes > 1;
        double entropy = UnigramEntropy.of(tokens);
        if (json) {
            ObjectNode line = StrictJson.tree(Map.of());
            line.put("loss", result.loss());
            if (measured) {
                line.put("standard_error", result.standardError());
            }
            line.put("perplexity", result.perplexity()).put("tokens", result.tokens()).put("unigram_entropy", entropy);
            return StrictJson.line(line);
        }
        return String.format(
                Locale.ROOT,
                "loss %.4f%s nats a token, perplexity %.2f, %,d tokens, in sequences of %,d%nunigram entropy of the"
                        + " text: %.4f nats a token, the loss of a model that knows only how frequent each token is",
                result.loss(),
                measured ? String.format(Locale.ROOT, " ± %.4f", result.standardError()) : "",
                result.perplexity(),
                result.tokens(),
                settings.length(),
                entropy);
    }

    private PackedTokens open(LanguageModel loaded) throws IOException {
        PackedTokens tokens;
        try {
            tokens = PackedTokens.open(file, loaded.tokenizer());
        } catch (NoSuchFileException missing) {
            throw new InputException(
                    file
                            + ": not found: "
                            + missing.getReason()
                            + "; or pass --data with a packed token file, or --target with a text",
                    missing);
        }
        if (tokens.vocabulary() > loaded.config().vocabulary()) {
            throw new InputException(
                    file
                            + ": found a vocabulary of "
                            + tokens.vocabulary()
                            + ", expected at most the model's "
                            + loaded.config().vocabulary());
        }
        return tokens;
    }

    private Validation.Settings settings(ModelConfig config, PackedTokens tokens) {
        if (config.causal() && asked.draws().isPresent()) {
            throw new InputException(
                    "--draws: found an autoregressive model, of whose loss nothing is drawn; leave --draws out");
        }
        int length = asked.length().or(run::length).orElse(Math.min(LENGTH, config.maxLength()));
        if (length > config.maxLength()) {
            throw new InputException(
                    "--length: found "
                            + length
                            + ", expected at most the model's "
                            + config.maxLength()
                            + " positions (block_size)");
        }
        long blocks = tokens.blocks(Objective.of(config).blockLength(length));
        if (blocks == 0) {
            throw new InputException(
                    String.format(
                            Locale.ROOT,
                            "%s: found %,d tokens, expected at least the %,d of one sequence; use more text, or a"
                                    + " shorter --length",
                            file,
                            tokens.tokens(),
                            Objective.of(config).blockLength(length)));
        }
        if (asked.batch().isPresent() && asked.batch().get() > blocks) {
            throw new InputException(
                    "--batch: found "
                            + asked.batch().get()
                            + ", expected at most the "
                            + blocks
                            + " sequences of "
                            + length
                            + " tokens in "
                            + file);
        }
        int batch = asked.batch().orElse((int) Math.min(blocks, run.batch().orElse(BATCH)));
        return new Validation.Settings(
                batch, length, asked.batches(), config.causal() ? 1 : asked.draws().orElse(DRAWS), asked.precision());
    }
}
