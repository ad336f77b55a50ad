package dev.unmask.train.cli;

import dev.unmask.train.StepMetrics;
import dev.unmask.train.Trainer;

import java.util.ArrayList;
import java.util.List;

/** Finds how long a step takes here, so that a run can be as long as somebody wants to wait. */
final class StepTimer {
    /** A fast machine is known by as many. */
    private static final int MOST_STEPS = 1000;

    private static final int LEAST_STEPS = 4;

    private StepTimer() {}

    /**
     * Of the later half of the steps made in some seconds: the earlier ones are slow until they are compiled.
     *
     * @param trainer is thrown away after that
     * @param enough seconds
     */
    static double median(Trainer trainer, double enough) {
        List<Double> seconds = new ArrayList<>();
        double total = 0;
        while ((total < enough || seconds.size() < LEAST_STEPS) && seconds.size() < MOST_STEPS) {
            StepMetrics metrics = trainer.next();
            seconds.add(metrics.seconds());
            total += metrics.seconds();
        }
        return seconds.subList(seconds.size() / 2, seconds.size()).stream().sorted().toList().get(seconds.size() / 4);
    }
}
