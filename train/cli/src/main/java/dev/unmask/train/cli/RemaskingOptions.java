package dev.unmask.train.cli;

import dev.unmask.sample.SamplerOption;
import dev.unmask.sample.SamplerOptions;

import picocli.CommandLine.Option;

import java.util.Optional;

/** Options of what becomes of tokens that were filled in before. */
final class RemaskingOptions {
    @Option(
            names = "--remasking",
            paramLabel = "NAME",
            description =
                    "What becomes of tokens filled in before: none (default), p2 (the worst of all are masked again),"
                            + " remdm-cap, remdm-rescale, remdm-conf (some are, by chance), edit (replaced where the"
                            + " model is sure of another).")
    private Optional<String> remasking = Optional.empty();

    @Option(
            names = "--remasking-strength",
            paramLabel = "X",
            description =
                    "p2: 0 keeps all, 1 treats them like others. Default: 1. remdm: the chance, or its share. Default:"
                            + " 0.1, remdm-conf 1. edit: what the model must give the other token. Default: 0.9.")
    private Optional<Double> strength = Optional.empty();

    void put(SamplerOptions options) {
        options.with(SamplerOption.REMASKING, remasking).with(SamplerOption.REMASKING_STRENGTH, strength);
    }
}
