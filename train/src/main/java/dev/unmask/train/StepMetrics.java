package dev.unmask.train;

/**
 * What one training step did.
 *
 * @param step how many steps are done, from 1
 * @param loss the training loss before the update, nats a token
 * @param learningRate the learning rate of the update
 * @param gradientNorm the norm of all gradients together, before clipping
 * @param tokens tokens that the step saw, masked or not
 * @param seconds how long it took
 * @param leftOut whether it made no update, as it stood out, see {@link SpikeSettings}
 */
public record StepMetrics(
        long step, double loss, double learningRate, double gradientNorm, long tokens, double seconds, boolean leftOut)
        implements Metrics {
    /**
     * A step that made its update.
     *
     * @param step how many steps are done, from 1
     * @param loss the training loss before the update, nats a token
     * @param learningRate the learning rate of the update
     * @param gradientNorm the norm of all gradients together, before clipping
     * @param tokens tokens that the step saw, masked or not
     * @param seconds how long it took
     */
    public StepMetrics(long step, double loss, double learningRate, double gradientNorm, long tokens, double seconds) {
        this(step, loss, learningRate, gradientNorm, tokens, seconds, false);
    }

    /**
     * Speed of this step.
     *
     * @return tokens a second
     */
    public double tokensPerSecond() {
        return tokens / seconds;
    }

    /**
     * The same step in another time.
     *
     * @param value how long it took
     * @return the metrics
     */
    public StepMetrics withSeconds(double value) {
        return new StepMetrics(step, loss, learningRate, gradientNorm, tokens, value, leftOut);
    }
}
