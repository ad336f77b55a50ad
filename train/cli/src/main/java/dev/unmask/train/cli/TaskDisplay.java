package dev.unmask.train.cli;

import dev.unmask.sample.tasks.TaskRun;

import java.util.List;
import java.util.Optional;

/** The progress of a task on standard error. */
final class TaskDisplay implements TaskRun.Listener, AutoCloseable {
    private final String task;
    private Optional<Progress> shown = Optional.empty();

    TaskDisplay(String task) {
        this.task = task;
    }

    @Override
    public void progress(int done, int all) {
        if (shown.isEmpty()) {
            shown = Optional.of(Progress.of(task, done, all));
        }
        shown.get().at(done, List.of());
    }

    @Override
    public void close() {
        shown.ifPresent(Progress::close);
    }
}
