package dev.unmask.train.cli;

import dev.unmask.train.experiment.StepsStudy;
import dev.unmask.train.experiment.StudySize;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.concurrent.Callable;

/** {@code unmask experiment steps}: quality against passes and time. */
@Command(
        name = "steps",
        description = {
            "Trains masked and autoregressive models and lets them write with different numbers of passes and orders of"
                    + " unmasking; a third model judges."
        },
        footer = {
            "",
            "Examples:",
            "  unmask experiment steps",
            "  unmask experiment steps --data corpus.txt --width 256 --steps 20000 --tokens 64"
        })
final class StepsCommand implements Callable<Integer> {
    @Mixin private StudyRunner runner;
    @Mixin private StudyTextOptions text;
    @Mixin private StudySizes sizes = new StudySizes(4, 96, 1000, 0.002);

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "64",
            description = "Texts that each model writes. Default: ${DEFAULT-VALUE}.")
    private int samples;

    @Option(
            names = "--tokens",
            paramLabel = "N",
            defaultValue = "32",
            description = "Tokens of each text. Default: ${DEFAULT-VALUE}.")
    private int written;

    @Override
    public Integer call() throws IOException {
        Expected.between("--samples", samples, 1, 4096);
        Expected.between("--tokens", written, 4, 2000);
        StudySize size =
                new StudySize(
                        sizes.layers(), sizes.width(), 16, Math.max(48, written + 1), sizes.steps(), sizes.peak());
        return runner.run(
                "Quality against passes", new StepsStudy(text.settings(), size, samples, written, runner.seeds()));
    }
}
