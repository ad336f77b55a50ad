package dev.unmask.train;

import dev.unmask.tensor.UnmaskException;

import java.nio.file.Path;
import java.util.Optional;

/** The loss, the gradients or the weights of a training run are no longer numbers. */
public final class TrainingDivergedException extends UnmaskException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception that names the step and where to go on from.
     *
     * @param step the step that broke
     * @param found what is not a number
     * @param whole the newest checkpoint that is good, if there is one
     */
    public TrainingDivergedException(long step, String found, Optional<Path> whole) {
        super(
                "training diverged at step "
                        + step
                        + ": "
                        + found
                        + "; "
                        + whole.map(folder ->
                                        "go on from "
                                                + folder.getFileName()
                                                + ", the last checkpoint from before, by --resume="
                                                + folder.getFileName()
                                                + " with a lower learning rate or a longer warm-up")
                                .orElse(
                                        "no checkpoint is from before; begin again with a lower learning rate or a"
                                                + " longer warm-up"));
    }
}
