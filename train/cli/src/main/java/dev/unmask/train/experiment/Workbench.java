package dev.unmask.train.experiment;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.program.Backend;

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
     * @param beginning what it is at step 0
     * @param task what it learns
     * @param tokenizer its {@code tokenizer.json}
     * @return the model
     * @throws IOException if a file cannot be read or written
     * @throws CancellationException if it was interrupted; all is saved
     */
    Transformer train(String name, ResumableTraining.Beginning beginning, ResumableTraining.Task task, Path tokenizer)
            throws IOException;

    /**
     * Trains a new model to the end, from where it was when it was interrupted.
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
        return train(name, ResumableTraining.Beginning.anew(config, task.settings().seed()), task, tokenizer);
    }
}
