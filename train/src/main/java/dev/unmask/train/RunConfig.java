package dev.unmask.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Presets;
import dev.unmask.tensor.InputException;

import java.util.List;

/**
 * Everything that a training run is made of: what {@code unmask train} takes and a checkpoint remembers.
 *
 * @param preset the model's size by name; empty: that of {@code from}
 * @param causal whether to train the autoregressive baseline
 * @param from a model folder whose weights to start from, as fine-tuning does; empty: new weights
 * @param data what to train on
 * @param trainer steps, batch, optimiser
 * @param validation how to validate
 * @param checkpoint when to save
 */
@JsonPropertyOrder({"preset", "causal", "from", "data", "trainer", "validation", "checkpoint"})
public record RunConfig(
        @JsonProperty("preset") String preset,
        @JsonProperty("causal") boolean causal,
        @JsonProperty("from") String from,
        @JsonProperty("data") Data data,
        @JsonProperty("trainer") TrainerSettings trainer,
        @JsonProperty("validation") ValidationPlan validation,
        @JsonProperty("checkpoint") CheckpointPlan checkpoint) {
    /** Checks that the parts fit together. */
    public RunConfig {
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
     * Text and tokens.
     *
     * @param sources {@code wordnet}, {@code wordnet:noun.animal,noun.food}, {@code wordnet:noun.location:40}
     *     (definitions of at most 40 characters), or paths of files and folders
     * @param documents what a document is in files: {@code file}, {@code line} or {@code jsonl}
     * @param tokenizer {@code bpe} (trained on the text), {@code bytes}, or the path of a tokenizer.json
     * @param vocabulary tokens of a trained tokenizer
     * @param validationFraction part of the documents that are kept for validation
     */
    @JsonPropertyOrder({"sources", "documents", "tokenizer", "vocabulary", "validation_fraction"})
    public record Data(
            @JsonProperty("sources") List<String> sources,
            @JsonProperty("documents") String documents,
            @JsonProperty("tokenizer") String tokenizer,
            @JsonProperty("vocabulary") int vocabulary,
            @JsonProperty("validation_fraction") double validationFraction) {
        /** Checks the numbers. */
        public Data {
            if (sources.stream().anyMatch(source -> source == null || source.isBlank())) {
                throw new InputException("sources: found an empty name, expected wordnet or the path of a text");
            }
            sources = List.copyOf(sources);
            if (vocabulary < 257) {
                throw new InputException(
                        "vocabulary: found " + vocabulary + ", expected at least 257: the bytes and an end of text");
            }
            if (!(validationFraction >= 0 && validationFraction < 1)) {
                throw new InputException(
                        "validation_fraction: found " + validationFraction + ", expected a number from 0 to below 1");
            }
        }
    }

    /**
     * Validation during a run.
     *
     * @param every steps between validations; 0: only at the end
     * @param batches micro-batches at the most
     * @param draws Monte Carlo draws of each
     */
    @JsonPropertyOrder({"every", "batches", "draws"})
    public record ValidationPlan(
            @JsonProperty("every") long every, @JsonProperty("batches") int batches, @JsonProperty("draws") int draws) {
        /** Checks the numbers. */
        public ValidationPlan {
            atLeast("validation.every", every, 0);
            atLeast("validation.batches", batches, 1);
            atLeast("validation.draws", draws, 1);
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
        double peak = model.nonEmbeddingCount() <= SMALL ? SMALL_PEAK : PUBLISHED_PEAK;
        return new RunConfig(
                preset,
                model.causal(),
                "",
                new Data(List.of("wordnet"), "line", "bpe", model.vocabulary(), 0.02),
                TrainerSettings.of(steps, 16, 128, peak),
                new ValidationPlan(Math.max(1, steps / 10), 8, 4),
                new CheckpointPlan(Math.max(1, steps / 10), 3));
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
        return Presets.named(preset).withVocabulary(vocabulary).withCausal(causal);
    }
}
