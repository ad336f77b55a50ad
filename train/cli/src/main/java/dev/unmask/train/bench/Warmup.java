package dev.unmask.train.bench;

import java.time.Duration;

/**
 * What runs before the measured runs, so that the compiler has seen enough of them.
 *
 * @param runs runs, at least so many
 * @param atLeast and more of them, until so much time has passed
 */
public record Warmup(int runs, Duration atLeast) {
    /** No less than two runs and five seconds. */
    public static final Warmup DEFAULT = new Warmup(2, Duration.ofSeconds(5));

    /** No warm-up at all. */
    static final Warmup NONE = exactly(0);

    /**
     * As many runs, however long they take.
     *
     * @param runs the runs
     * @return the warm-up
     */
    public static Warmup exactly(int runs) {
        return new Warmup(runs, Duration.ZERO);
    }

    void run(Runnable work) {
        long start = System.nanoTime();
        for (int i = 0; i < runs || System.nanoTime() - start < atLeast.toNanos(); i++) {
            work.run();
        }
    }
}
