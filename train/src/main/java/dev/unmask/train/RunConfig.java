package dev.unmask.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Presets;
import dev.unmask.tensor.InputException;
import dev.unmask.train.data.DataSettings;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Everything that a training run is made of: what {@code unmask train} takes and a checkpoint remembers.
 *
 * @param preset the model's size by name; empty: that of {@code from}
 * @param causal whether to train the autoregressive baseline
 * @param from a model folder whose weights to start from, as fine-tuning does; empty: new weights
 * @param lora low-rank adapters that are trained in the place of those weights
 * @param blocks whether and how the model is trained by block diffusion
 * @param spikes what happens to steps that stand out
 * @param data what to train on
 * @param objective how its loss is drawn and divided
 * @param trainer steps, batch, optimiser
 * @param validation how to validate
 * @param checkpoint when to save
 */
@JsonPropertyOrder({
    "preset",
    "causal",
    "from",
    "lora",
    "blocks",
    "spikes",
    "data",
    "objective",
    "trainer",
    "validation",
    "checkpoint"
})
public record RunConfig(
        @JsonProperty("preset") String preset,
        @JsonProperty("causal") boolean causal,
        @JsonProperty("from") String from,
        @JsonProperty("lora") LoraSettings lora,
        @JsonProperty("blocks") BlockSettings blocks,
        @JsonProperty("spikes") SpikeSettings spikes,
        @JsonProperty("data") DataSettings data,
        @JsonProperty("objective") ObjectiveSettings objective,
        @JsonProperty("trainer") TrainerSettings trainer,
        @JsonProperty("validation") ValidationPlan validation,
        @JsonProperty("checkpoint") CheckpointPlan checkpoint) {
    /** Checks that the parts fit together. */
    public RunConfig {
        if (lora.wanted() && from.isEmpty()) {
            throw new InputException(
                    "lora.rank: found " + lora.rank() + " without a model to adapt, expected one that --from names");
        }
        if (blocks.length() > 0 && causal) {
            throw new InputException(
                    "blocks.length: found "
                            + blocks.length()
                            + " for a causal model, expected 0; leave one of both out");
        }
        if (blocks.length() > 0) {
            objective.requireUsualDraws();
        }
        int warmup = trainer.learningRate().warmup();
        if (warmup > 0 && warmup >= trainer.steps()) {
            throw new InputException(
                    "learning_rate.warmup: found "
                            + warmup
                            + " steps, expected fewer than the run's "
                            + trainer.steps()
                            + ", or the learning rate never reaches its peak; make the warm-up shorter (--warmup) or"
                            + " the run longer (--steps)");
        }
    }

    /**
     * Validation during a run.
     *
     * @param every steps between validations; 0: only at the end
     * @param batches micro-batches at the most
     * @param draws Monte Carlo draws of each
     * @param samples beginnings of held-out texts that the model goes on with, see {@link RunSamples}
     */
    @JsonPropertyOrder({"every", "batches", "draws", "samples"})
    public record ValidationPlan(
            @JsonProperty("every") long every,
            @JsonProperty("batches") int batches,
            @JsonProperty("draws") int draws,
            @JsonProperty("samples") int samples) {
        private static final int MOST_DRAWS = 1 << 20;
        private static final int MOST_SAMPLES = 1 << 10;

        /** Checks the numbers. */
        public ValidationPlan {
            atLeast("validation.every", every, 0);
            atLeast("validation.batches", batches, 1);
            atLeast("validation.draws", draws, 1);
            atLeast("validation.samples", samples, 0);
            if (samples > MOST_SAMPLES) {
                throw new InputException("validation.samples: found " + samples + ", expected at most " + MOST_SAMPLES);
            }
            if (draws > MOST_DRAWS) {
                throw new InputException("validation.draws: found " + draws + ", expected at most " + MOST_DRAWS);
            }
        }
    }

    /**
     * Checkpoints of a run.
     *
     * @param every steps between checkpoints; 0: only at the end
     * @param keep how many are kept
     */
    @JsonPropertyOrder({"every", "keep"})
    public record CheckpointPlan(@JsonProperty("every") long every, @JsonProperty("keep") int keep) {
        /** Checks the numbers. */
        public CheckpointPlan {
            atLeast("checkpoint.every", every, 0);
            atLeast("checkpoint.keep", keep, 1);
        }
    }

    private static void atLeast(String name, long value, long least) {
        if (value < least) {
            throw new InputException(name + ": found " + value + ", expected at least " + least);
        }
    }

    /** Peak learning rate of models of up to {@link #SMALL} parameters outside embedding and head. */
    private static final double SMALL_PEAK = 1e-3;

    /** The published peak learning rate. */
    private static final double PUBLISHED_PEAK = 2e-4;

    private static final long SMALL = 20_000_000;

    /**
     * The defaults for a model's size.
     *
     * @param preset the size by name
     * @param steps optimiser steps
     * @return a masked model on WordNet's definitions
     * @throws InputException if there is no such preset
     */
    public static RunConfig defaults(String preset, long steps) {
        return defaults(preset, Presets.named(preset), steps);
    }

    /**
     * The defaults for a model of any size.
     *
     * @param preset the size by name, or empty if the model is there already
     * @param model its sizes
     * @param steps optimiser steps
     * @return a run on WordNet's definitions
     */
    public static RunConfig defaults(String preset, ModelConfig model, long steps) {
        // A tokenizer that is trained has the bytes at least, one that comes with the model may have fewer tokens.
        int vocabulary = Math.max(DataSettings.LEAST_VOCABULARY, model.vocabulary());
        double peak = model.nonEmbeddingCount() <= SMALL ? SMALL_PEAK : PUBLISHED_PEAK;
        return new RunConfig(
                preset,
                model.causal(),
                "",
                LoraSettings.NONE,
                BlockSettings.NONE,
                SpikeSettings.NONE,
                new DataSettings(List.of("wordnet"), "line", "bpe", vocabulary, 0.02),
                ObjectiveSettings.DEFAULT,
                TrainerSettings.of(steps, 16, 128, peak),
                new ValidationPlan(Math.max(1, steps / 10), 8, 4, 2),
                new CheckpointPlan(Math.max(1, steps / 10), 3));
    }

    /**
     * This configuration with text from files: a document a line, a tokenizer trained on it.
     *
     * @param sources paths of files and folders
     * @return the configuration
     */
    public RunConfig withText(Path... sources) {
        List<String> names = Arrays.stream(sources).map(Path::toString).toList();
        return withData(data.withSources(names));
    }

    /**
     * This configuration with other data.
     *
     * @param value what to train on
     * @return the configuration
     */
    public RunConfig withData(DataSettings value) {
        return new RunConfig(
                preset, causal, from, lora, blocks, spikes, value, objective, trainer, validation, checkpoint);
    }

    /**
     * This configuration with another way to draw and divide the loss.
     *
     * @param value how
     * @return the configuration
     */
    public RunConfig withObjective(ObjectiveSettings value) {
        return new RunConfig(preset, causal, from, lora, blocks, spikes, data, value, trainer, validation, checkpoint);
    }

    /**
     * This configuration with other settings of the trainer.
     *
     * @param value steps, batch, optimiser
     * @return the configuration
     */
    public RunConfig withTrainer(TrainerSettings value) {
        return new RunConfig(
                preset, causal, from, lora, blocks, spikes, data, objective, value, validation, checkpoint);
    }

    /**
     * This configuration for fine-tuning, with the model's own tokenizer.
     *
     * @param model a run's folder, a model folder or a {@code .safetensors} file
     * @return the configuration
     * @throws IOException if the model cannot be read
     * @throws InputException if it is malformed, or no tokenizer lies beside it
     */
    public RunConfig withFrom(Path model) throws IOException {
        ModelFolder folder = ModelFolder.open(model);
        Path tokenizer =
                folder.tokenizer()
                        .orElseThrow(() ->
                                new InputException(
                                        folder.weights()
                                                + ": found no tokenizer.json beside it; put the one there that the"
                                                + " model was trained with"));
        DataSettings text = data.withTokenizer(tokenizer.toString());
        return new RunConfig(
                "",
                folder.config().causal(),
                model.toString(),
                lora,
                blocks,
                spikes,
                text,
                objective,
                trainer,
                validation,
                checkpoint);
    }

    /**
     * This configuration by low-rank adapters, of the model that {@link #withFrom} has named.
     *
     * @param value the adapters
     * @return the configuration
     * @throws InputException if no model is named
     */
    public RunConfig withLora(LoraSettings value) {
        return new RunConfig(
                preset, causal, from, value, blocks, spikes, data, objective, trainer, validation, checkpoint);
    }

    /**
     * This configuration by block diffusion.
     *
     * @param value the blocks
     * @return the configuration
     */
    public RunConfig withBlocks(BlockSettings value) {
        return new RunConfig(
                preset, causal, from, lora, value, spikes, data, objective, trainer, validation, checkpoint);
    }

    /**
     * What is trained, for titles.
     *
     * @return the preset, or the model that it starts from
     */
    public String title() {
        return from.isEmpty() ? preset : from;
    }

    /**
     * The model of this run.
     *
     * @param vocabulary tokens of the run's tokenizer
     * @return the preset with that vocabulary
     */
    public ModelConfig model(int vocabulary) {
        return blocks.in(Presets.named(preset).withVocabulary(vocabulary).withCausal(causal));
    }
}
