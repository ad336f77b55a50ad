package dev.unmask.serve.engine;

import dev.unmask.model.LanguageModel;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * The one thread that computes, and the queue before it. Jobs are taken in their order; those of the same shape that
 * wait behind the first go through the model together with it.
 */
public final class Engine implements AutoCloseable {
    private final Workshop workshop;
    private final int mostWaiting;
    private final int mostTogether;
    private final EngineWatch watch;
    private final Deque<Ticket<?>> waiting = new ArrayDeque<>();
    private final Thread thread = new Thread(this::work, "unmask-engine");
    private boolean closing;
    private boolean retiring;

    /**
     * Starts the thread.
     *
     * @param model computes on it
     * @param mostWaiting jobs that may wait, at least 1
     * @param mostTogether sequences that go through the model together at the most, at least 1
     * @param watch is told what happens
     */
    public Engine(LanguageModel model, int mostWaiting, int mostTogether, EngineWatch watch) {
        this.workshop = new Workshop(model);
        this.mostWaiting = mostWaiting;
        this.mostTogether = mostTogether;
        this.watch = watch;
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * What jobs are made with. Only what reads and checks may be called outside of jobs.
     *
     * @return samplers and likelihoods of the model
     */
    public Workshop workshop() {
        return workshop;
    }

    /**
     * Takes a job in.
     *
     * @param job to be done
     * @param watched whether each step is wanted
     * @param <R> its result
     * @return what to wait with
     * @throws Refused if too many wait already, or the engine is being shut down
     */
    public <R> Ticket<R> submit(Job<R> job, boolean watched) {
        Ticket<R> ticket = new Ticket<>(job, watched);
        synchronized (waiting) {
            if (closing) {
                throw closing();
            }
            // Those that nobody waits for make room.
            waiting.removeIf(Ticket::isCancelled);
            if (waiting.size() >= mostWaiting) {
                throw new Refused(
                        Refused.Reason.QUEUE_FULL, "the server has " + mostWaiting + " requests waiting; try again later");
            }
            waiting.add(ticket);
            waiting.notifyAll();
        }
        return ticket;
    }

    /**
     * The length of the queue.
     *
     * @return jobs that wait
     */
    public int waiting() {
        synchronized (waiting) {
            return waiting.size();
        }
    }

    /**
     * Whether jobs are taken in and done.
     *
     * @return false once it is being shut down, or if its thread has died
     */
    public boolean healthy() {
        synchronized (waiting) {
            return !retiring && !closing && thread.isAlive();
        }
    }

    /** Is not healthy any more, as it will be closed soon, but still takes in what was let in before. */
    public void retire() {
        synchronized (waiting) {
            retiring = true;
        }
    }

    /** Takes no more jobs in; what is not done is given back undone. */
    @Override
    public void close() {
        List<Ticket<?>> undone;
        synchronized (waiting) {
            closing = true;
            undone = new ArrayList<>(waiting);
            waiting.clear();
            waiting.notifyAll();
        }
        workshop.abandon();
        undone.forEach(ticket -> ticket.failed(closing()));
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Refused closing() {
        return new Refused(Refused.Reason.CLOSING, "the server is shutting down");
    }

    private void work() {
        while (true) {
            List<Ticket<?>> together;
            synchronized (waiting) {
                while (waiting.isEmpty()) {
                    if (closing) {
                        return;
                    }
                    try {
                        waiting.wait();
                    } catch (InterruptedException e) {
                        return;
                    }
                }
                together = take();
            }
            if (!together.isEmpty()) {
                carryOut(together);
            }
        }
    }

    /** Takes the first job out of the queue, and those that go with it. */
    private List<Ticket<?>> take() {
        waiting.removeIf(Ticket::isCancelled);
        List<Ticket<?>> together = new ArrayList<>();
        Optional<Batch.Shape> shape = Optional.empty();
        int sequences = 0;
        for (Iterator<Ticket<?>> all = waiting.iterator(); all.hasNext(); ) {
            Ticket<?> ticket = all.next();
            Optional<Batch.Shape> its = Batch.shape(ticket.job());
            if (together.isEmpty()) {
                shape = its;
            } else if (shape.isEmpty() || !shape.equals(its) || sequences + Batch.size(ticket.job()) > mostTogether) {
                continue;
            }
            together.add(ticket);
            sequences += Batch.size(ticket.job());
            all.remove();
        }
        // A program is recorded for each size of a batch: a few sizes are enough.
        while (sequences > Integer.highestOneBit(sequences) && together.size() > 1) {
            Ticket<?> last = together.removeLast();
            sequences -= Batch.size(last.job());
            waiting.addFirst(last);
        }
        return together;
    }

    private void carryOut(List<Ticket<?>> together) {
        together.forEach(Ticket::start);
        watch.started(together.getFirst().job().kind(), together.stream().mapToInt(t -> Batch.size(t.job())).sum());
        together.forEach(ticket -> watch.waited(ticket.waited()));
        long before = System.nanoTime();
        try {
            Batch.run(workshop, together);
        } catch (Throwable failure) {
            // One of them is to blame, or none: each is told.
            together.forEach(ticket -> ticket.failed(failure));
            if (failure instanceof VirtualMachineError && !(failure instanceof OutOfMemoryError)) {
                throw failure;
            }
        } finally {
            watch.computed(Duration.ofNanos(System.nanoTime() - before));
        }
    }
}
