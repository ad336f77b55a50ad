package dev.unmask.train.reversal;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.sample.AutoregressiveSampler;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.DiffusionObjective;
import dev.unmask.train.Objective;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.experiment.ResumableTraining;

/** A model that learns sentences by heart, and is asked. */
public final class Twin {
    private Twin() {}

    /**
     * What it learns.
     *
     * @param config masked or causal
     * @param sentences what it reads
     * @param settings how it is trained
     * @return the task
     */
    public static ResumableTraining.Task task(ModelConfig config, Sentences sentences, TrainerSettings settings) {
        Objective objective =
                config.causal()
                        ? Objective.of(config)
                        : new SentenceDiffusion(new DiffusionObjective(config.maskToken()), sentences.end());
        return new ResumableTraining.Task(sentences, objective, settings);
    }

    /**
     * A model as somebody to be asked.
     *
     * @param backend owns it
     * @param model masked or causal
     * @param length positions that it was trained with
     * @param end the token that ends a text
     * @return a pupil
     */
    public static Pupil pupil(Backend backend, Transformer model, int length, int end) {
        return model.config().causal()
                ? new CausalPupil(new AutoregressiveSampler(backend, model), length, end)
                : masked(backend, model, length, end);
    }

    /**
     * A masked model as somebody to be asked.
     *
     * @param backend owns it
     * @param model a masked model
     * @param length positions that it was trained with
     * @param end the token that ends a text
     * @return a pupil
     * @throws IllegalStateException if the model is causal
     */
    public static MaskedPupil masked(Backend backend, Transformer model, int length, int end) {
        return new MaskedPupil(
                new MaskedSampler(backend, model), length, end, SamplerSettings.defaults(model.config()));
    }
}
