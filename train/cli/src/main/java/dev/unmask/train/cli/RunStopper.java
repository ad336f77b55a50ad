package dev.unmask.train.cli;

import dev.unmask.train.TrainingRun;

import java.util.Optional;

/** Passes a wish to stop on to whichever of several runs is the current one, and to those after it. */
final class RunStopper {
    private Optional<TrainingRun> current = Optional.empty();
    private boolean asked;

    /** From now on this one is the current run. */
    synchronized void watch(TrainingRun run) {
        current = Optional.of(run);
        if (asked) {
            run.stop();
        }
    }

    /** Stops the current run and all that come. */
    synchronized void stop() {
        asked = true;
        current.ifPresent(TrainingRun::stop);
    }

    /** Whether all are to stop. */
    synchronized boolean asked() {
        return asked;
    }
}
