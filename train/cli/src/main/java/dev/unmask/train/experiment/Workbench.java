package dev.unmask.train.experiment;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.Trainer;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CancellationException;

/** Where an experiment makes its models. */
public interface Workbench {
    /**
     * What computes.
     *
     * @return the backend
     */
    Backend backend();

    /**
     * The folder of the experiment.
     *
     * @return where all its files are
     */
    Path folder();

    /**
     * Trains a model to the end, from where it was when it was interrupted.
     *
     * @param name of its run within the folder
     * @param config its sizes, and whether it is masked or causal
     * @param task what it learns
     * @param tokenizer its {@code tokenizer.json}
     * @return the trainer at its last step
     * @throws IOException if a file cannot be read or written
     * @throws CancellationException if it was interrupted; all is saved
     */
    Trainer train(String name, ModelConfig config, ResumableTraining.Task task, Path tokenizer) throws IOException;

    /**
     * Trains a model to the end.
     *
     * @param name of its run within the folder
     * @param config its sizes, and whether it is masked or causal
     * @param task what it learns
     * @param tokenizer its {@code tokenizer.json}
     * @return the model
     * @throws IOException if a file cannot be read or written
     * @throws CancellationException if it was interrupted; all is saved
     */
    default Transformer model(String name, ModelConfig config, ResumableTraining.Task task, Path tokenizer)
            throws IOException {
        return train(name, config, task, tokenizer).model();
    }
}
