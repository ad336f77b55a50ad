package dev.unmask.train.cli;

import dev.unmask.sample.SamplerOption;
import dev.unmask.sample.SamplerOptions;

import picocli.CommandLine.Option;

import java.util.Optional;

/** Options of what is done with logits before a token is chosen. */
final class FilterOptions {
    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "0: always the likeliest token; 1: as the model believes. Default: 0.")
    private Optional<Double> temperature = Optional.empty();

    @Option(
            names = "--top-k",
            paramLabel = "N",
            description = "Choose among the N likeliest tokens only. Default: 0, all.")
    private Optional<Integer> topK = Optional.empty();

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Choose among the likeliest tokens only that have probability P together. Default: 1, all.")
    private Optional<Double> topP = Optional.empty();

    @Option(
            names = "--repetition-penalty",
            paramLabel = "X",
            description = "Divide logits of tokens by X that stand in the text already. Default: 1, none.")
    private Optional<Double> repetitionPenalty = Optional.empty();

    void put(SamplerOptions options) {
        options.with(SamplerOption.TEMPERATURE, temperature)
                .with(SamplerOption.TOP_K, topK)
                .with(SamplerOption.TOP_P, topP)
                .with(SamplerOption.REPETITION_PENALTY, repetitionPenalty);
    }
}
