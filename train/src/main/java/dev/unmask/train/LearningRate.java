package dev.unmask.train;

import com.fasterxml.jackson.annotation.JsonProperty;

import dev.unmask.tensor.InputException;

/**
 * Linear warm-up and cosine decay (METHOD §2.4), or a warm-up, a plateau and a straight decay (LLaDA).
 *
 * @param peak the highest learning rate
 * @param last the learning rate at the end
 * @param warmup number of steps of the warm-up {@code W}; the first step has a learning rate of 0
 * @param shape how it goes on from the peak
 * @param decay part of all steps that the decay from the plateau takes, from 0 to 1
 */
public record LearningRate(
        @JsonProperty("peak") double peak,
        @JsonProperty("last") double last,
        @JsonProperty("warmup") int warmup,
        @JsonProperty("shape") Shape shape,
        @JsonProperty("decay") double decay) {
    /** How the learning rate goes on from its peak. */
    public enum Shape {
        /** Down by a half wave to the end. */
        COSINE,
        /** Level, then straight down: warm-up, stable, decay. */
        WSD
    }

    /** A tenth of the run, as is usual. */
    public static final double DEFAULT_DECAY = 0.1;

    /** More than any model learns at. */
    public static final int HIGHEST = 100;

    /** Checks the numbers. */
    public LearningRate {
        if (!(peak > 0 && peak <= HIGHEST) || !(last >= 0) || last > peak) {
            throw new InputException(
                    "learning rate: found peak "
                            + peak
                            + " and last "
                            + last
                            + ", expected 0 <= last <= peak, peak > 0, peak <= "
                            + HIGHEST);
        }
        if (warmup < 0) {
            throw new InputException("warmup: found " + warmup + ", expected at least 0 steps");
        }
        if (!(decay >= 0 && decay <= 1)) {
            throw new InputException("learning_rate.decay: found " + decay + ", expected a number from 0 to 1");
        }
    }

    /**
     * The published schedule.
     *
     * @param peak the highest learning rate
     * @param last the learning rate at the end
     * @param warmup number of steps of the warm-up
     */
    public LearningRate(double peak, double last, int warmup) {
        this(peak, last, warmup, Shape.COSINE, DEFAULT_DECAY);
    }

    /**
     * The published warm-up for a number of steps.
     *
     * @param steps all steps of the run
     * @return one per cent of them, at least 100, but never more than a tenth
     */
    public static int defaultWarmup(long steps) {
        return (int) Math.min(Math.max(100, steps / 100), steps / 10);
    }

    /**
     * The learning rate of a step.
     *
     * @param step the step, from 0
     * @param steps all steps of the run {@code T}
     * @return {@code peak·step/W} before {@code W}, then {@code last + ½(1 + cos(π(step - W)/(T - W)))·(peak - last)},
     *     and {@code last} from {@code T} on; or {@code peak} until the decay begins, and from there a straight line
     */
    public double at(long step, long steps) {
        if (step < warmup) {
            return peak * step / warmup;
        }
        if (step >= steps) {
            return last;
        }
        if (shape == Shape.WSD) {
            double begins = Math.max(warmup, steps * (1 - decay));
            return step <= begins ? peak : peak + (last - peak) * (step - begins) / (steps - begins);
        }
        double progress = (double) (step - warmup) / (steps - warmup);
        return last + 0.5 * (1 + Math.cos(Math.PI * progress)) * (peak - last);
    }
}
