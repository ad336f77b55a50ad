package dev.unmask.serve.engine;

import dev.unmask.sample.SamplingStep;

import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A job that was taken in, for whoever waits for it.
 *
 * @param <R> the result
 */
public final class Ticket<R> {
    private final Job<R> job;
    private final boolean watched;
    private final long taken = System.nanoTime();
    private final BlockingQueue<Event<R>> events = new LinkedBlockingQueue<>();
    private final BitSet left = new BitSet();
    private volatile boolean cancelled;
    private volatile long started;

    /**
     * What happens to a job.
     *
     * @param <R> the result
     */
    public sealed interface Event<R> {
        /**
         * A sequence has taken a step.
         *
         * @param sequence which one of the job
         * @param index the step, from 0
         * @param steps how many there are at the most
         * @param progress its state
         * @param <R> the result
         */
        record Step<R>(int sequence, int index, int steps, SamplingStep.Progress progress) implements Event<R> {}

        /**
         * The job is done.
         *
         * @param result the result
         * @param <R> its type
         */
        record Done<R>(R result) implements Event<R> {}

        /**
         * The job has failed.
         *
         * @param cause why
         * @param <R> the result
         */
        record Failed<R>(Throwable cause) implements Event<R> {}
    }

    Ticket(Job<R> job, boolean watched) {
        this.job = job;
        this.watched = watched;
    }

    Job<R> job() {
        return job;
    }

    /**
     * Waits for what happens next.
     *
     * @param most how long
     * @return what happened, if anything did; after {@link Event.Done} or {@link Event.Failed} nothing does
     * @throws InterruptedException if the thread is interrupted
     */
    public Optional<Event<R>> next(Duration most) throws InterruptedException {
        return Optional.ofNullable(events.poll(most.toNanos(), TimeUnit.NANOSECONDS));
    }

    /** Says that nobody waits any more. */
    public void cancel() {
        cancelled = true;
    }

    /**
     * Says that a sequence is good enough as it is; the result then has it as it is.
     *
     * @param sequence which one of the job
     */
    public void enough(int sequence) {
        synchronized (left) {
            left.set(sequence);
        }
    }

    /**
     * How long it has waited in the queue, or did.
     *
     * @return time until it was started, or until now
     */
    public Duration waited() {
        return Duration.ofNanos((started == 0 ? System.nanoTime() : started) - taken);
    }

    /**
     * How long it has been computed.
     *
     * @return time since it was started; zero if it was not yet
     */
    public Duration computed() {
        return started == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - started);
    }

    boolean isCancelled() {
        return cancelled;
    }

    boolean hasLeft(int sequence) {
        if (cancelled) {
            return true;
        }
        synchronized (left) {
            return left.get(sequence);
        }
    }

    void start() {
        started = System.nanoTime();
    }

    void step(int sequence, SamplingStep step, SamplingStep.Progress progress) {
        if (watched && !cancelled) {
            events.add(new Event.Step<>(sequence, step.index(), step.steps(), progress));
        }
    }

    void done(R result) {
        events.add(new Event.Done<>(result));
    }

    void failed(Throwable cause) {
        events.add(new Event.Failed<>(cause));
    }
}
