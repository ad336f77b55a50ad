package dev.unmask.train.cli;

import dev.unmask.sample.SamplerOption;
import dev.unmask.sample.SamplerOptions;

import picocli.CommandLine.Option;

import java.util.Optional;

/** Options of how many tokens a pass fills. */
final class CountOptions {
    @Option(
            names = "--steps",
            paramLabel = "N",
            description =
                    "Passes of the model at the most; with fewer than tokens to fill each fills several. Default: one a"
                            + " token.")
    private Optional<Integer> steps = Optional.empty();

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description =
                    "How tokens are shared among passes: even (default), cosine (few at first), ancestral (drawn, as in"
                            + " the reverse process), or smdm: the published floor, whose first passes fill none and"
                            + " whose last fills what is left.")
    private Optional<String> schedule = Optional.empty();

    @Option(
            names = "--threshold",
            paramLabel = "P",
            description =
                    "Instead of a schedule: each pass fills what the model gives P and more, at least one token. Beside"
                            + " --schedule even no more than that allows, and what falls short waits, for passes beyond"
                            + " --steps if need be.")
    private Optional<Double> threshold = Optional.empty();

    @Option(
            names = "--factor",
            paramLabel = "F",
            description =
                    "Instead of a schedule: the n-th token in order is filled if the model gives it 1 - F/(n + 1) and"
                            + " more, up to the first that is not.")
    private Optional<Double> factor = Optional.empty();

    @Option(
            names = "--entropy-budget",
            paramLabel = "NATS",
            description =
                    "Instead of a schedule: each pass fills as many tokens as have so much entropy together, the"
                            + " largest not counted.")
    private Optional<Double> entropyBudget = Optional.empty();

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "Instead of a schedule: as many passes as fit into S seconds.")
    private Optional<Double> seconds = Optional.empty();

    void put(SamplerOptions options) {
        options.with(SamplerOption.STEPS, steps)
                .with(SamplerOption.SCHEDULE, schedule)
                .with(SamplerOption.THRESHOLD, threshold)
                .with(SamplerOption.FACTOR, factor)
                .with(SamplerOption.ENTROPY_BUDGET, entropyBudget)
                .with(SamplerOption.SECONDS, seconds);
    }
}
