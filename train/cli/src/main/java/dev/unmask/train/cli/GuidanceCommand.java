package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;
import dev.unmask.train.experiment.GuidanceStudy;
import dev.unmask.train.experiment.StudySize;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** {@code unmask experiment guidance}: likelihood and writing over the scale of guidance. */
@Command(
        name = "guidance",
        description = {
            "Trains masked models and measures over the scale of guidance by the prompt how likely held-out"
                    + " continuations are, how often the right one is chosen, and how good what they write is."
        },
        footer = {
            "",
            "Examples:",
            "  unmask experiment guidance",
            "  unmask experiment guidance --data corpus.txt --scales 0.1,0.3,1 --questions 500"
        })
final class GuidanceCommand implements Callable<Integer> {
    @Mixin private StudyRunner runner;
    @Mixin private StudyTextOptions text;
    @Mixin private StudySizes sizes = new StudySizes(4, 96, 1000, 0.002);

    @Option(
            names = "--scales",
            paramLabel = "W,…",
            split = ",",
            defaultValue = "0.25,0.5,1,2",
            description = "Scales beside none. Default: ${DEFAULT-VALUE}.")
    private List<Double> scales;

    @Option(
            names = "--questions",
            paramLabel = "N",
            defaultValue = "60",
            description = "Held-out documents. Default: ${DEFAULT-VALUE}.")
    private int questions;

    @Override
    public Integer call() throws IOException {
        Expected.between("--questions", questions, 4, 4096);
        List<Double> all = new ArrayList<>(List.of(0.0));
        scales.stream().distinct().sorted().filter(scale -> scale != 0).forEach(all::add);
        if (all.size() < 2) {
            throw new InputException("--scales: found " + scales + ", expected at least one above 0");
        }
        StudySize size = new StudySize(sizes.layers(), sizes.width(), 16, 48, sizes.steps(), sizes.peak());
        return runner.run(
                "Guidance", new GuidanceStudy(text.settings(), size, all, questions, runner.seeds()));
    }
}
