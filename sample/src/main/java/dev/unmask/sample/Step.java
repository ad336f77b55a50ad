package dev.unmask.sample;

import java.util.function.IntToDoubleFunction;

/**
 * One step of a sequence, or of one of its blocks, as rules see it.
 *
 * @param index from 0
 * @param steps how many there are, in the last of which every position is unmasked, unless the rule goes on beyond it
 *     ({@link Count#overruns})
 * @param initial positions that were masked before the first step
 * @param masked positions that are masked now, at least 0
 * @param later positions that are masked in later blocks
 * @param remasked the chance {@code σ} with which {@link Remasking} masks a token again in this step
 * @param clock what the passes before took
 * @param draws of each position a random number in (0, 1), the same whatever the batch
 */
public record Step(
        int index,
        int steps,
        int initial,
        int masked,
        int later,
        double remasked,
        Clock clock,
        IntToDoubleFunction draws) {
    /**
     * How long sampling has taken so far.
     *
     * @param elapsed seconds since it began
     * @param pass seconds of the last pass of the model; 0: there was none yet
     */
    public record Clock(double elapsed, double pass) {
        /** Before anything was measured. */
        public static final Clock START = new Clock(0, 0);
    }

    /** This step, in which tokens are masked again with a chance. */
    Step remasking(double chance) {
        return new Step(index, steps, initial, masked, later, chance, clock, draws);
    }

    /**
     * Whether this is the last step, or one beyond it.
     *
     * @return whether everything must be unmasked, or nothing masked again
     */
    public boolean last() {
        return index >= steps - 1;
    }

    /**
     * The noise level before this step, on the even grid of the reverse process.
     *
     * @return {@code t} in (0, 1]
     */
    public double time() {
        return new TimeGrid(steps, Count.Smdm.EPSILON).time(Math.min(index, steps));
    }

    /**
     * The noise level after this step.
     *
     * @return {@code s} in (0, 1)
     */
    public double nextTime() {
        return new TimeGrid(steps, Count.Smdm.EPSILON).time(Math.min(index + 1, steps));
    }

    /**
     * A random number.
     *
     * @param position of the sequence
     * @return a number in (0, 1)
     */
    public double draw(int position) {
        return draws.applyAsDouble(position);
    }
}
