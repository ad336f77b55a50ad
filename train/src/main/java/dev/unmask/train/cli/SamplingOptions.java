package dev.unmask.train.cli;

import dev.unmask.model.TextTokenizer;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SelectionScope;
import dev.unmask.sample.UnmaskingRule;
import dev.unmask.tensor.InputException;

import picocli.CommandLine.Option;

import java.util.OptionalInt;
import java.util.Set;

/** Options of every command that unmasks. */
final class SamplingOptions {
    @Option(
            names = "--rule",
            defaultValue = "confidence",
            description =
                    "Which masked places are filled first: ancestral (random), confidence, margin, entropy. Default:"
                            + " ${DEFAULT-VALUE}.")
    private String rule;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "0",
            description = "0: always the likeliest token; 1: as the model believes. Default: ${DEFAULT-VALUE}.")
    private double temperature;

    @Option(
            names = "--guidance",
            paramLabel = "W",
            defaultValue = "0",
            description = "Scale of unsupervised classifier-free guidance by the prompt. Default: ${DEFAULT-VALUE}.")
    private double guidance;

    @Option(
            names = "--batch-global",
            description = "Choose the places over the whole batch at once, as the published code does.")
    private boolean batchGlobal;

    @Option(names = "--no-end", description = "Never choose the end-of-text token, so that the text fills its length.")
    private boolean noEnd;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1234", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    long seed() {
        return seed;
    }

    double temperature() {
        return temperature;
    }

    /** The tokens that are never to be chosen. */
    Set<Integer> bannedTokens(TextTokenizer tokenizer) {
        if (!noEnd) {
            return Set.of();
        }
        OptionalInt end = tokenizer.endOfText();
        if (end.isEmpty()) {
            throw new InputException(
                    "--no-end: the tokenizer has no end-of-text token that could be left out; go without --no-end");
        }
        return Set.of(end.getAsInt());
    }

    SamplerSettings settings(int steps, TextTokenizer tokenizer) {
        return SamplerSettings.defaults()
                .withRule(UnmaskingRule.of(rule))
                .withSteps(steps)
                .withTemperature(temperature)
                .withGuidance(guidance)
                .withScope(batchGlobal ? SelectionScope.BATCH : SelectionScope.SEQUENCE)
                .withBannedTokens(bannedTokens(tokenizer))
                .withSeed(seed);
    }
}
