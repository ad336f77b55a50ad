package dev.unmask.train;

import java.util.OptionalDouble;

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
 * @param ofPeak its operations of matrix products a second as a share of the machine's peak (MFU), where that was
 *     measured
 */
public record StepMetrics(
        long step,
        double loss,
        double learningRate,
        double gradientNorm,
        long tokens,
        double seconds,
        boolean leftOut,
        OptionalDouble ofPeak)
        implements Metrics {
    /**
     * A step that was not compared with the machine's peak.
     *
     * @param step how many steps are done, from 1
     * @param loss the training loss before the update, nats a token
     * @param learningRate the learning rate of the update
     * @param gradientNorm the norm of all gradients together, before clipping
     * @param tokens tokens that the step saw, masked or not
     * @param seconds how long it took
     * @param leftOut whether it made no update, as it stood out, see {@link SpikeSettings}
     */
    public StepMetrics(
            long step,
            double loss,
            double learningRate,
            double gradientNorm,
            long tokens,
            double seconds,
            boolean leftOut) {
        this(step, loss, learningRate, gradientNorm, tokens, seconds, leftOut, OptionalDouble.empty());
    }

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
        return new StepMetrics(step, loss, learningRate, gradientNorm, tokens, value, leftOut, ofPeak);
    }
}
