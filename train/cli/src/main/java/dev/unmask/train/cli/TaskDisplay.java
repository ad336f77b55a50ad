package dev.unmask.train.cli;

import dev.unmask.sample.tasks.TaskRun;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

import java.time.Duration;
import java.util.Optional;

/** A progress bar of a task on standard error. */
final class TaskDisplay implements TaskRun.Listener, AutoCloseable {
    private static final int UPDATE_MS = 500;

    private final String task;
    private Optional<ProgressBar> bar = Optional.empty();

    TaskDisplay(String task) {
        this.task = task;
    }

    @Override
    public void progress(int done, int all) {
        if (bar.isEmpty()) {
            bar =
                    Optional.of(
                            new ProgressBarBuilder()
                                    .setTaskName(task)
                                    .setInitialMax(all)
                                    .startsFrom(done, Duration.ZERO)
                                    .setStyle(ProgressBarStyle.ASCII)
                                    .setUpdateIntervalMillis(UPDATE_MS)
                                    .build());
        }
        bar.get().stepTo(done);
    }

    @Override
    public void close() {
        bar.ifPresent(ProgressBar::close);
    }
}
