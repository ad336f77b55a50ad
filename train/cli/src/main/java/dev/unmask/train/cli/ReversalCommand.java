package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;
import dev.unmask.train.experiment.StudySize;
import dev.unmask.train.reversal.Pretrained;
import dev.unmask.train.reversal.ReversalSource;
import dev.unmask.train.reversal.ReversalStudy;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;

/** {@code unmask experiment reversal}: facts told one way, asked the other, in the published format. */
@Command(
        name = "reversal",
        description = {
            "Trains masked and autoregressive models on names and descriptions told one way or both ways, and asks"
                    + " both directions: exact match and BLEU (METHOD §7.1).",
            "",
            "The models are new, unless --from-masked and --from-causal name two that have read before: these are"
                    + " fine-tuned alike, ten times over the set at a learning rate of 0.0002 unless told otherwise."
        },
        footer = {
            "",
            "Examples:",
            "  unmask experiment reversal",
            "  unmask experiment reversal --data june_version_7921032488 --width 256 --steps 20000",
            "  unmask experiment reversal --data june_version_7921032488 --from-masked mdm-1028M --from-causal ar-1028M"
                    + " --guidance 0.8"
        })
final class ReversalCommand implements Callable<Integer> {
    private static final int MOST_PEOPLE = 100;

    /** WordNet has 176: some are left to be told both ways. */
    private static final int MOST_CAPITALS = 80;

    private static final int BATCH = 32;
    private static final int EPOCHS = 10;
    private static final double TUNING_RATE = 2e-4;

    /** For a plan: about as long as the published texts are. */
    private static final int PLANNED_LENGTH = 64;

    @Mixin private StudyRunner runner;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "Folder of the published files, all_prompts_train.jsonl and four tests. Default: capitals out of"
                            + " WordNet.")
    private Optional<Path> data = Optional.empty();

    @Option(
            names = "--capitals",
            paramLabel = "N",
            defaultValue = "30",
            description =
                    "How many capitals are told with the city first only, and how many with the country first only; all"
                            + " others of WordNet's are told both ways. Default: ${DEFAULT-VALUE}.")
    private int capitals;

    @Option(
            names = "--people",
            paramLabel = "N",
            description =
                    "Instead of capitals so many invented people of each of three groups, asked in wordings that were"
                            + " not read: harder.")
    private Optional<Integer> people = Optional.empty();

    @Option(names = "--from-masked", paramLabel = "PATH", description = "A masked model to fine-tune.")
    private Optional<Path> masked = Optional.empty();

    @Option(names = "--from-causal", paramLabel = "PATH", description = "An autoregressive model to fine-tune.")
    private Optional<Path> causal = Optional.empty();

    @Option(
            names = "--guidance",
            paramLabel = "W",
            defaultValue = "0",
            description =
                    "Guidance by the prompt when the masked model is asked; the paper's is 0.8."
                            + " Default: ${DEFAULT-VALUE}.")
    private double guidance;

    @Mixin private StudySizes sizes = new StudySizes(2, 64, 10000, 0.004);

    @Override
    public Integer call() throws IOException {
        ReversalSource source = source();
        if (masked.isPresent() != causal.isPresent()) {
            throw new InputException(
                    "--from-" + (masked.isPresent() ? "masked" : "causal") + ": found without --from-"
                            + (masked.isPresent() ? "causal" : "masked")
                            + ", expected both, or neither for new models");
        }
        Optional<Pretrained> pretrained =
                masked.isPresent() ? Optional.of(Pretrained.open(masked.get(), causal.get())) : Optional.empty();
        StudySize size =
                new StudySize(sizes.layers(), sizes.width(), BATCH, PLANNED_LENGTH, sizes.steps(), sizes.peak());
        return runner.run(
                "The reversal curse",
                new ReversalStudy(
                        source,
                        pretrained.isPresent() ? tuning(size, source) : size,
                        pretrained,
                        guidance,
                        runner.seeds()));
    }

    private ReversalSource source() {
        if (data.isPresent()) {
            return new ReversalSource.Files(data.get());
        }
        if (people.isPresent()) {
            Expected.between("--people", people.get(), 1, MOST_PEOPLE);
            return new ReversalSource.People(people.get());
        }
        Expected.between("--capitals", capitals, 1, MOST_CAPITALS);
        return new ReversalSource.Capitals(capitals);
    }

    /** As the paper fine-tunes, unless told otherwise. */
    private StudySize tuning(StudySize told, ReversalSource source) throws IOException {
        for (String option : List.of("--layers", "--width")) {
            if (sizes.given(option)) {
                throw new InputException(
                        option + ": found beside --from-masked, whose model has a size of its own; leave it out");
            }
        }
        long epochs = Math.ceilDiv(EPOCHS * (long) source.set().training().size(), BATCH);
        return new StudySize(
                told.layers(),
                told.width(),
                told.batch(),
                told.length(),
                sizes.given("--steps") ? told.steps() : epochs,
                sizes.given("--lr") ? told.peak() : TUNING_RATE);
    }
}
