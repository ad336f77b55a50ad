package dev.unmask.train.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * How far a task is, on standard error: on a terminal a bar below everything else that is printed, anywhere else a line
 * every ten seconds.
 */
final class Progress implements AutoCloseable {
    /** Between two drawings of a bar. */
    private static final int REFRESH_MS = 500;

    /** Between two lines where there is no terminal. */
    private static final double LINE_SECONDS = 10;

    private static final int UNKNOWN_COLUMNS = 80;

    /**
     * Where progress is shown.
     *
     * @param terminal whether the stream is one
     * @param columns how wide the terminal is at the moment
     */
    record Screen(PrintStream out, boolean terminal, IntSupplier columns) {}

    private final PrintStream out;
    private final Optional<StatusLine> status;
    private Optional<PrintStream> above = Optional.empty();
    private final IntSupplier columns;
    private final LongSupplier nanos;
    private final long began;
    private final String task;
    private final long all;
    private long done;
    private List<String> details = List.of();

    /** When the first of it was done, and how much: what came before, as compiling, tells nothing of the rest. */
    private OptionalLong firstNanos = OptionalLong.empty();

    private long firstDone;
    private long printed;
    private boolean changed;
    private boolean closed;

    /**
     * Progress on a stream.
     *
     * @param task its name
     * @param done how much of it was done before
     * @param all how much there is to do
     * @param screen where it is shown
     * @param nanos a clock
     */
    Progress(String task, long done, long all, Screen screen, LongSupplier nanos) {
        this.task = task;
        this.done = done;
        this.all = all;
        this.out = screen.out;
        this.status = screen.terminal ? Optional.of(new StatusLine(out)) : Optional.empty();
        this.columns = screen.columns;
        this.nanos = nanos;
        this.began = nanos.getAsLong();
        this.printed = began;
        this.changed = true;
    }

    /**
     * Shows a task on standard error until it is closed. Until then whatever is printed there goes above the bar, so
     * that no two of them are shown at a time.
     */
    static Progress of(String task, long done, long all) {
        Progress progress =
                new Progress(
                        task,
                        done,
                        all,
                        new Screen(
                                System.err,
                                Terminal.redraws(Terminal.ERR),
                                () -> Terminal.columns(Terminal.ERR).orElse(UNKNOWN_COLUMNS)),
                        System::nanoTime);
        progress.above = progress.status.map(StatusLine::stream);
        progress.above.ifPresent(System::setErr);
        Thread.ofPlatform().daemon().name("progress").start(progress::refreshUntilClosed);
        return progress;
    }

    /** So much is done, and this is known beside it, the most important first. */
    synchronized void at(long reached, List<String> known) {
        if (firstNanos.isEmpty() && reached > done) {
            firstNanos = OptionalLong.of(nanos.getAsLong());
            firstDone = reached;
        }
        done = reached;
        details = List.copyOf(known);
        changed = true;
    }

    /** Shows what there is to show by now. */
    synchronized void refresh() {
        double quiet = (nanos.getAsLong() - printed) * 1e-9;
        if (status.isPresent()) {
            status.get().show(current().bar(columns.getAsInt()));
        } else if (changed && quiet >= LINE_SECONDS) {
            printLine();
        }
    }

    private void printLine() {
        out.println(current().line());
        printed = nanos.getAsLong();
        changed = false;
    }

    private ProgressText current() {
        long time = nanos.getAsLong();
        OptionalDouble left =
                done > firstDone && firstNanos.isPresent()
                        ? OptionalDouble.of((time - firstNanos.getAsLong()) * 1e-9 * (all - done) / (done - firstDone))
                        : OptionalDouble.empty();
        return new ProgressText(task, done, all, (time - began) * 1e-9, left, details);
    }

    private synchronized void refreshUntilClosed() {
        try {
            while (!closed) {
                refresh();
                wait(REFRESH_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Leaves the last state of the bar, or as a last line. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        notifyAll();
        if (status.isPresent()) {
            refresh();
            status.get().leave();
            above.ifPresent(stream -> {
                System.setErr(out);
                stream.close();
            });
        } else if (changed) {
            printLine();
        }
    }
}
