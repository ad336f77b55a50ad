package dev.unmask.serve.api;

import dev.unmask.serve.engine.Engine;
import dev.unmask.serve.engine.Job;
import dev.unmask.serve.engine.Refused;
import dev.unmask.serve.engine.Ticket;
import dev.unmask.serve.http.ApiException;
import dev.unmask.serve.http.Exchange;
import dev.unmask.serve.metrics.Metrics;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/** Hands jobs to the engine and waits for them, as long as the client does and the limits allow. */
final class Desk {
    /** How often to look whether the client is there. */
    private static final Duration LOOK = Duration.ofMillis(200);

    private final Engine engine;
    private final Limits limits;
    private final Metrics metrics;

    Desk(Engine engine, Limits limits, Metrics metrics) {
        this.engine = engine;
        this.limits = limits;
        this.metrics = metrics;
    }

    Engine engine() {
        return engine;
    }

    Limits limits() {
        return limits;
    }

    Metrics metrics() {
        return metrics;
    }

    /** Looks at a step while the job goes on. */
    @FunctionalInterface
    interface Watcher<R> {
        void step(Ticket<R> ticket, Ticket.Event.Step<R> step) throws IOException;
    }

    /** Has a job done. */
    <R> R result(Exchange exchange, Job<R> job) throws IOException, InterruptedException {
        return result(exchange, submit(job, false), (ticket, step) -> {});
    }

    /** Hands a job to the engine. */
    <R> Ticket<R> submit(Job<R> job, boolean watched) {
        try {
            return engine.submit(job, watched);
        } catch (Refused refused) {
            throw answer(refused);
        }
    }

    <R> R result(Exchange exchange, Ticket<R> ticket, Watcher<R> watcher) throws IOException, InterruptedException {
        boolean done = false;
        long looked = System.nanoTime();
        try {
            while (true) {
                Optional<Ticket.Event<R>> event = ticket.next(LOOK);
                if (event.isEmpty() || System.nanoTime() - looked > LOOK.toNanos()) {
                    exchange.requireClient();
                    requireTime(ticket);
                    looked = System.nanoTime();
                }
                if (event.isPresent()) {
                    switch (event.get()) {
                        case Ticket.Event.Step<R> step -> watcher.step(ticket, step);
                        case Ticket.Event.Done<R> end -> {
                            done = true;
                            return end.result();
                        }
                        case Ticket.Event.Failed<R> failed -> throw failure(failed.cause());
                    }
                }
            }
        } finally {
            if (!done) {
                ticket.cancel();
            }
        }
    }

    private void requireTime(Ticket<?> ticket) {
        if (ticket.computed().compareTo(limits.time()) > 0) {
            throw ApiException.tooLong(
                    "found more than "
                            + limits.time().toSeconds()
                            + " seconds of computing, expected at most that; ask for fewer tokens or steps");
        }
        if (ticket.computed().isZero() && ticket.waited().compareTo(limits.patience()) > 0) {
            throw ApiException.later(
                    503,
                    "queue_too_slow",
                    "found no turn within " + limits.patience().toSeconds() + " seconds; try again later",
                    retryAfter());
        }
    }

    /** As long as what waits now would take if each took a second: a guess. */
    private int retryAfter() {
        return Math.clamp(engine.waiting(), 1, 30);
    }

    private ApiException answer(Refused refused) {
        return ApiException.later(
                503,
                refused.reason() == Refused.Reason.CLOSING ? "shutting_down" : "queue_full",
                refused.getMessage(),
                retryAfter());
    }

    private RuntimeException failure(Throwable cause) {
        return switch (cause) {
            case Refused refused -> answer(refused);
            case InputException wrong -> ApiException.of(wrong);
            case CancellationException e ->
                    ApiException.later(503, "shutting_down", "the server is shutting down", retryAfter());
            default -> new IllegalStateException("a job failed", cause);
        };
    }
}
