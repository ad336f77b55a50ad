package dev.unmask.train.cli;

import dev.unmask.train.StepMetrics;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.Validation;
import dev.unmask.train.experiment.ResumableTraining;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Trains a twin for as many steps as are enough, or for as many as fit into some seconds where a machine is too slow for
 * that. How fast it is shows in the first steps, which are slow until they are compiled; after them the rest is planned
 * anew. A quarter of what is enough is made on any machine, since a twin that has learnt nothing shows nothing.
 *
 * @param what is trained, for displays
 * @param target steps after which it is enough
 * @param seconds that it may take
 * @param stopper asks it to stop
 */
record PacedTraining(String what, long target, double seconds, RunStopper stopper) {
    private static final double MOST_WATCHED = 12;
    private static final double WATCHED_OF_ALL = 0.15;
    private static final int LEAST_WATCHED = 10;
    private static final long LEAST_STEPS = 20;
    private static final double LEAST_OF_TARGET = 0.25;

    /** Makes a training, or finds it where it was saved, that is to be trained up to a step. */
    interface Trainings {
        ResumableTraining upTo(long steps) throws IOException;
    }

    /** Trains; empty if it was interrupted, and saved. */
    Optional<ResumableTraining> run(Trainings trainings) throws IOException {
        long began = System.nanoTime();
        ResumableTraining twin = trainings.upTo(target);
        Watch watch = new Watch(twin.run(), Math.min(MOST_WATCHED, WATCHED_OF_ALL * seconds));
        boolean ended = train(twin, target, watch);
        if (!ended && !stopper.asked()) {
            double left = seconds - (System.nanoTime() - began) * 1e-9;
            long planned = planned(twin.trainer().step(), watch.median(), left);
            twin = trainings.upTo(planned);
            train(twin, planned, TrainingRun.Listener.NONE);
        }
        return stopper.asked() ? Optional.empty() : Optional.of(twin);
    }

    private long planned(long done, double step, double left) {
        long steps = steps(target, done, step, left);
        System.err.printf(
                Locale.ROOT,
                steps == target
                        ? "a step takes %.0f ms here: all %,d steps fit into the time%n"
                        : "a step takes %.0f ms here: of %,d steps, which are enough, only %,d are made; more --minutes"
                                + " would do%n",
                step * 1000,
                target,
                steps);
        return steps;
    }

    /**
     * How many steps are to be made in all.
     *
     * @param target steps that are enough
     * @param done steps made so far
     * @param step seconds that one takes
     * @param left seconds that are left
     */
    static long steps(long target, long done, double step, double left) {
        long fit = done + Math.max(LEAST_STEPS, (long) (left / step));
        return Math.min(target, Math.max(fit, (long) (LEAST_OF_TARGET * target)));
    }

    /**
     * Whether steps have been watched for long enough to tell how fast the rest will be. The first of them are compiled,
     * and on a busy machine two of these may take all the seconds.
     *
     * @param steps that were watched
     * @param total seconds that they took
     * @param enough seconds that are enough for as many as tell something; twice as many are enough for any
     */
    static boolean watched(int steps, double total, double enough) {
        return total >= (steps >= LEAST_WATCHED ? enough : 2 * enough);
    }

    private boolean train(ResumableTraining twin, long all, TrainingRun.Listener listener) throws IOException {
        stopper.watch(twin.run());
        try (ProgressDisplay display = new ProgressDisplay(what, twin.trainer().step(), all)) {
            return twin.run().run(new Both(display, listener));
        }
    }

    /** Stops a run after some seconds of steps. */
    private static final class Watch implements TrainingRun.Listener {
        private final TrainingRun run;
        private final double enough;
        private final List<Double> seconds = new ArrayList<>();
        private double total;

        Watch(TrainingRun run, double enough) {
            this.run = run;
            this.enough = enough;
        }

        @Override
        public void step(StepMetrics metrics) {
            seconds.add(metrics.seconds());
            total += metrics.seconds();
            if (watched(seconds.size(), total, enough)) {
                run.stop();
            }
        }

        /** Of the last third. */
        double median() {
            List<Double> last = seconds.subList(2 * seconds.size() / 3, seconds.size()).stream().sorted().toList();
            return last.get(last.size() / 2);
        }

        @Override
        public void validation(long step, Validation.Result result) {}

        @Override
        public void checkpoint(Path folder) {}
    }

    private record Both(TrainingRun.Listener first, TrainingRun.Listener second) implements TrainingRun.Listener {
        @Override
        public void step(StepMetrics metrics) {
            first.step(metrics);
            second.step(metrics);
        }

        @Override
        public void validation(long step, Validation.Result result) {
            first.validation(step, result);
            second.validation(step, result);
        }

        @Override
        public void checkpoint(Path folder) {
            first.checkpoint(folder);
            second.checkpoint(folder);
        }
    }
}
