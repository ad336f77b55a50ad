package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;
import dev.unmask.train.experiment.StudySize;
import dev.unmask.train.reversal.Pretrained;
import dev.unmask.train.reversal.ReversalSet;
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
                    "Folder of the published files, all_prompts_train.jsonl and four tests. Default: invented people.")
    private Optional<Path> data = Optional.empty();

    @Option(
            names = "--people",
            paramLabel = "N",
            defaultValue = "20",
            description = "Invented people of each of three groups. Default: ${DEFAULT-VALUE}.")
    private int people;

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

    @Mixin private StudySizes sizes = new StudySizes(4, 128, 2000);

    @Override
    public Integer call() throws IOException {
        Expected.between("--people", people, 1, MOST_PEOPLE);
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
                        data,
                        people,
                        pretrained.isPresent() ? tuning(size) : size,
                        pretrained,
                        guidance,
                        runner.seeds()));
    }

    /** As the paper fine-tunes, unless told otherwise. */
    private StudySize tuning(StudySize told) throws IOException {
        for (String option : List.of("--layers", "--width")) {
            if (sizes.given(option)) {
                throw new InputException(
                        option + ": found beside --from-masked, whose model has a size of its own; leave it out");
            }
        }
        ReversalSet set = data.isPresent() ? ReversalSet.read(data.get()) : ReversalSet.invented(people);
        long epochs = Math.ceilDiv(EPOCHS * (long) set.training().size(), BATCH);
        return new StudySize(
                told.layers(),
                told.width(),
                told.batch(),
                told.length(),
                sizes.given("--steps") ? told.steps() : epochs,
                sizes.given("--lr") ? told.peak() : TUNING_RATE);
    }
}
