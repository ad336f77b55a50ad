package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.train.Recipe;
import dev.unmask.train.RunConfig;
import dev.unmask.train.RunLength;
import dev.unmask.train.data.DataManifest;
import dev.unmask.train.data.DataSettings;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Options that follow a published recipe, and find the number of steps by a budget. */
final class RecipeOptions {
    private static final double MOST_FLOPS = 1e30;
    private static final double MOST_EPOCHS = 1e6;

    @Option(
            names = "--recipe",
            paramLabel = "NAME",
            description = "Follow a published way to train; see 'unmask recipes'. What other options say counts, not the recipe.")
    private Optional<String> recipe = Optional.empty();

    @Option(
            names = "--flops",
            paramLabel = "C",
            description =
                    "As many steps as so many floating-point operations pay for, by C = 6·N·D: N parameters outside"
                            + " embedding and head, D tokens. As in 1e20.")
    private Optional<String> flops = Optional.empty();

    @Option(
            names = "--epochs",
            paramLabel = "X",
            description = "As many steps as so many times all sequences of a --data that the data command made.")
    private Optional<Double> epochs = Optional.empty();

    /** Refuses what only a run that begins can follow: one that goes on has its configuration. */
    void requireNone() {
        if (recipe.isPresent()) {
            throw new InputException(
                    "--recipe: found it beside --resume, but the run keeps what it began with; leave it out, or change"
                            + " single settings by other options");
        }
        if (flops.isPresent() || epochs.isPresent()) {
            throw new InputException(
                    (flops.isPresent() ? "--flops" : "--epochs")
                            + ": found it beside --resume, expected the steps at which the run is to end, by --steps");
        }
    }

    /** The configuration that the recipe gives, or nothing of one. */
    ObjectNode given() {
        return StrictJson.parse(recipe.map(name -> Recipe.named(name).config()).orElse("{}"), "recipe");
    }

    /** The steps that a budget pays for, if there is one. */
    OptionalLong steps(ObjectNode config, ModelConfig model, boolean stepsGiven) throws IOException {
        if (flops.isPresent() && epochs.isPresent() || stepsGiven && (flops.isPresent() || epochs.isPresent())) {
            throw new InputException(
                    (flops.isPresent() ? "--flops" : "--epochs")
                            + ": found another option beside it that says how many steps there are, expected one of"
                            + " --steps, --flops and --epochs");
        }
        JsonNode trainer = config.path("trainer");
        int batch = Math.max(1, trainer.path("batch").asInt());
        if (flops.isPresent()) {
            double average =
                    RunLength.averageLength(
                            Math.max(1, trainer.path("length").asInt()), trainer.path("short_ratio").asDouble());
            return OptionalLong.of(
                    RunLength.ofFlops(operations(flops.get()), model.nonEmbeddingCount(), batch, average));
        }
        if (epochs.isPresent()) {
            return OptionalLong.of(RunLength.ofEpochs(sequences(config), times(epochs.get()), batch));
        }
        return OptionalLong.empty();
    }

    private static double operations(String value) {
        try {
            double number = Double.parseDouble(value);
            if (number > 0 && number <= MOST_FLOPS) {
                return number;
            }
        } catch (NumberFormatException refusedBelow) {
            // As any other value that is no number of operations.
        }
        throw new InputException("--flops: found " + value + ", expected a number above 0, as 1e20");
    }

    private static double times(double value) {
        if (!(value > 0 && value <= MOST_EPOCHS)) {
            throw new InputException("--epochs: found " + value + ", expected a number above 0");
        }
        return value;
    }

    private static long sequences(ObjectNode config) throws IOException {
        long sequences = 0;
        for (JsonNode source : config.path("data").path("sources")) {
            Optional<DataManifest> made = DataManifest.read(Path.of(source.asText()));
            if (made.isEmpty()) {
                throw new InputException(
                        "--epochs: found the text "
                                + source.asText()
                                + ", whose sequences are not counted yet, expected a folder made by the data command");
            }
            boolean each = made.get().settings().sequences() != DataSettings.Sequences.PACKED;
            int length = Math.max(1, config.path("trainer").path("length").asInt());
            sequences +=
                    made.get().training().stream()
                            .mapToLong(file -> each ? file.documents() : file.tokens() / length)
                            .sum();
        }
        return sequences;
    }

    /** What a run is in numbers: steps, tokens, operations. */
    static List<String> numbers(RunConfig config, ModelConfig model) {
        double average = RunLength.averageLength(config.trainer().length(), config.trainer().shortRatio());
        double tokens = (double) config.trainer().steps() * config.trainer().batch() * average;
        return List.of(
                String.format(
                        Locale.ROOT,
                        "%,d steps of %,d sequences of %,d tokens, warm-up %,d",
                        config.trainer().steps(),
                        config.trainer().batch(),
                        config.trainer().length(),
                        config.trainer().learningRate().warmup()),
                String.format(
                        Locale.ROOT,
                        "%,.0f tokens, %.3g floating-point operations by 6·N·D with N = %,d",
                        tokens,
                        RunLength.flops(model.nonEmbeddingCount(), tokens),
                        model.nonEmbeddingCount()));
    }
}
