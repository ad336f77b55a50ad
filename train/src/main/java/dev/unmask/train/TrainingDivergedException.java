package dev.unmask.train;

import dev.unmask.tensor.UnmaskException;

/** The loss or the gradients of a training run are no longer numbers; its checkpoints are from before. */
public final class TrainingDivergedException extends UnmaskException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception that names the step.
     *
     * @param metrics the step that broke
     */
    public TrainingDivergedException(StepMetrics metrics) {
        super(
                "training diverged at step "
                        + metrics.step()
                        + ": loss "
                        + metrics.loss()
                        + ", gradient norm "
                        + metrics.gradientNorm()
                        + "; resume from the last checkpoint with a lower learning rate or a longer warm-up");
    }
}
