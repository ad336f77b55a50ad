package dev.unmask.train.cli;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.CausalLikelihood;
import dev.unmask.sample.Count;
import dev.unmask.sample.Estimator;
import dev.unmask.sample.Likelihood;
import dev.unmask.sample.LikelihoodSettings;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.tasks.CausalScorer;
import dev.unmask.sample.tasks.CausalWriter;
import dev.unmask.sample.tasks.Examinee;
import dev.unmask.sample.tasks.GenerationSettings;
import dev.unmask.sample.tasks.MaskedScorer;
import dev.unmask.sample.tasks.MaskedWriter;
import dev.unmask.sample.tasks.RequestTokens;
import dev.unmask.sample.tasks.Task;
import dev.unmask.tensor.Precision;

import picocli.CommandLine.Option;

import java.util.Optional;

/** Options of how a model is asked; what nobody says is as published for the task (METHOD §4, §5.4). */
final class ExamOptions {
    private static final int LENGTH = 256;
    private static final int MOST_SAMPLES = 1 << 20;
    private static final double MASKED_TEMPERATURE = 0.1;

    @Option(
            names = "--estimator",
            paramLabel = "NAME",
            description = "Of a masked model: mc, mask_count, any_order, chain_rule or duel, as 'unmask eval --help' explains"
                            + " them. Default: the task's.")
    private Optional<String> estimator;

    @Option(
            names = "--samples",
            paramLabel = "N",
            description = "Draws of an estimate that is drawn. Default: 1024, as published.")
    private Optional<Integer> samples;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "16",
            description = "Sequences that go through the model together. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(
            names = "--guidance",
            paramLabel = "W",
            description = "Scale of classifier-free guidance of a masked model. Default: the task's.")
    private Optional<Double> guidance;

    @Option(
            names = "--pad-to",
            paramLabel = "N",
            defaultValue = "0",
            description = "Fill scored texts with mask tokens up to N, for masked models trained at one length only.")
    private int paddedLength;

    @Option(
            names = "--length",
            paramLabel = "N",
            description =
                    "Where answers are written: tokens of problem and answer, of a causal model those of the answer."
                            + " Default: 256, or as many as the model sees.")
    private Optional<Integer> length;

    @Option(
            names = "--steps",
            paramLabel = "N",
            description = "Where a masked model writes: passes over the text, twice. Default: the length.")
    private Optional<Integer> steps;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "Where answers are written. Default: 0.1, of a causal model 0.")
    private Optional<Double> temperature;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1234", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--precision", defaultValue = "f32", description = "f32 or bf16. Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    @Option(
            names = "--begin",
            paramLabel = "true|false",
            description =
                    "Whether every text begins with the tokenizer's token for that. Default: as its tokenizer.json"
                            + " says.")
    private Optional<Boolean> begin;

    /** What an answer depends on beside the settings of an examinee. */
    String identity(String modelHash) {
        return modelHash + " " + precision;
    }

    Precision precision() {
        return precision;
    }

    /** Who answers a task. */
    Examinee examinee(LanguageModel loaded, Task task) {
        ModelConfig config = loaded.config();
        require(config);
        RequestTokens tokens =
                new RequestTokens(
                        loaded.tokenizer(), begin.orElse(loaded.tokenizer().beginsTexts()), config.maxLength());
        if (config.causal()) {
            return task.generates()
                    ? new CausalWriter(
                            new AutoregressiveSampler(loaded),
                            config,
                            tokens,
                            generation(task, config, 0))
                    : new CausalScorer(new CausalLikelihood(loaded), tokens);
        }
        return task.generates()
                ? new MaskedWriter(
                        new MaskedSampler(loaded),
                        tokens,
                        generation(task, config, MASKED_TEMPERATURE))
                : new MaskedScorer(new Likelihood(loaded), tokens, estimation(task));
    }

    private void require(ModelConfig config) {
        Expected.between("--batch", batch, 1, Expected.MOST_AT_ONCE);
        Expected.between("--pad-to", paddedLength, 0, config.maxLength());
        length.ifPresent(value -> Expected.between("--length", value, 2, config.maxLength()));
        samples.ifPresent(value -> Expected.between("--samples", value, 1, MOST_SAMPLES));
        steps.ifPresent(value -> Expected.between("--steps", value, 1, Count.MOST_STEPS));
    }

    private LikelihoodSettings estimation(Task task) {
        LikelihoodSettings settings = task.defaults();
        int draws = samples.orElse(settings.samples());
        return settings.withEstimator(estimator.map(Estimator::of).orElse(settings.estimator()))
                .withSamples(draws, Math.min(batch, draws))
                .withGuidance(guidance.orElse(settings.guidance()))
                .withPaddedLength(paddedLength)
                .withSeed(seed);
    }

    private GenerationSettings generation(Task task, ModelConfig config, double usualTemperature) {
        int tokens = length.orElse(Math.min(LENGTH, config.maxLength()));
        return new GenerationSettings(
                tokens,
                steps.orElse(tokens),
                temperature.orElse(usualTemperature),
                guidance.orElse(task.defaults().guidance()),
                batch,
                seed);
    }
}
