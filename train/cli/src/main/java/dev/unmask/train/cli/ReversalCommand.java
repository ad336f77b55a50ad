package dev.unmask.train.cli;

import dev.unmask.train.reversal.ReversalStudy;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code unmask experiment reversal}: facts told one way, asked the other, in the published format. */
@Command(
        name = "reversal",
        description = {
            "Trains masked and autoregressive models on names and descriptions told one way or both ways, and asks"
                    + " both directions: exact match and BLEU (METHOD §7.1)."
        },
        footer = {
            "",
            "Examples:",
            "  unmask experiment reversal",
            "  unmask experiment reversal --data june_version_7921032488 --width 256 --steps 20000"
        })
final class ReversalCommand implements Callable<Integer> {
    private static final int MOST_PEOPLE = 100;

    @Mixin private StudyRunner runner;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Folder of the published files, all_prompts_train.jsonl and four tests. Default: invented people.")
    private Optional<Path> data = Optional.empty();

    @Option(
            names = "--people",
            paramLabel = "N",
            defaultValue = "20",
            description = "Invented people of each of three groups. Default: ${DEFAULT-VALUE}.")
    private int people;

    @Mixin private StudySizes sizes = new StudySizes(4, 128, 2000);

    @Override
    public Integer call() throws IOException {
        Expected.between("--people", people, 1, MOST_PEOPLE);
        return runner.run(
                "The reversal curse",
                new ReversalStudy(
                        data,
                        people,
                        sizes.layers(),
                        sizes.width(),
                        32,
                        sizes.steps(),
                        sizes.peak(),
                        runner.seeds()));
    }
}
