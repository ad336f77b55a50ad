package dev.unmask.vector.work;

import dev.unmask.tensor.InputException;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed crew of threads that share out loops. The calling thread is worker 0; the others are daemons that watch for a
 * loop for a moment after the last one and then sleep.
 *
 * <p>Tasks are claimed one by one, so which worker runs a task is a matter of chance: what a task computes must depend
 * on its number only. One thread at a time may call {@link #forEach}, and a task must not: loops do not nest. What
 * workers wrote is visible to the caller when {@link #forEach} returns. A loop allocates nothing.
 */
public final class Workers implements AutoCloseable {
    /** How long a thread watches before it sleeps: longer than the gaps between the kernels of a forward pass. */
    private static final long WATCH_NANOS = 50_000;

    private static final int LOOKS_PER_CLOCK = 64;
    private static final Task NOTHING = (task, worker) -> {};

    private final Helper[] helpers;
    private final AtomicBoolean busy = new AtomicBoolean();

    /**
     * The number of the loop in the upper half, how many of its tasks are unclaimed in the lower. At zero it stays
     * until the next loop is ready, so a worker that comes late cannot claim anything by what it read before.
     */
    private final AtomicLong open = new AtomicLong();

    private final AtomicInteger finished = new AtomicInteger();
    private volatile int tasks;
    private volatile Task body = NOTHING;
    private volatile Throwable failure;
    private volatile Thread caller;
    private volatile boolean callerSleeps;
    private volatile boolean closed;

    /** A step of a loop. */
    @FunctionalInterface
    public interface Task {
        /**
         * Runs one step.
         *
         * @param task its number
         * @param worker who runs it, in {@code [0, count())}: no worker runs two steps at the same time
         */
        void run(int task, int worker);
    }

    /** One worker for each processor. */
    Workers() {
        this(Runtime.getRuntime().availableProcessors());
    }

    /**
     * Starts the threads.
     *
     * @param count workers, the caller included, at least 1
     */
    public Workers(int count) {
        if (count < 1) {
            throw new InputException("threads: found " + count + ", expected at least 1");
        }
        helpers = new Helper[count - 1];
        for (int i = 0; i < helpers.length; i++) {
            helpers[i] = new Helper(i + 1);
        }
        for (Helper helper : helpers) {
            helper.thread.start();
        }
    }

    /** How many workers there are, the caller included. */
    public int count() {
        return helpers.length + 1;
    }

    /**
     * Runs tasks {@code 0 .. count - 1}, each once, and returns when all are done. If one throws, those not yet begun
     * are skipped and the exception is thrown here.
     *
     * @param count how many
     * @param task what each does
     * @throws IllegalStateException if a loop is running already, or after {@link #close}
     */
    public void forEach(int count, Task task) {
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException(
                    "a loop is already running on these workers: a task must not start another, and only one thread at"
                            + " a time may start one");
        }
        try {
            if (closed) {
                throw new IllegalStateException("these workers are closed: open new ones");
            }
            if (count <= 1 || helpers.length == 0) {
                for (int i = 0; i < count; i++) {
                    task.run(i, 0);
                }
            } else {
                share(count, task);
            }
        } finally {
            busy.set(false);
        }
    }

    /** Ends the threads. */
    @Override
    public void close() {
        if (!busy.compareAndSet(false, true)) {
            throw new IllegalStateException("these workers are running a loop: close them after it");
        }
        try {
            if (!closed) {
                closed = true;
                for (Helper helper : helpers) {
                    LockSupport.unpark(helper.thread);
                }
                for (Helper helper : helpers) {
                    join(helper.thread);
                }
            }
        } finally {
            busy.set(false);
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void share(int count, Task task) {
        body = task;
        tasks = count;
        failure = null;
        caller = Thread.currentThread();
        finished.set(0);
        open.set((open.get() >>> 32) + 1 << 32 | count);
        for (int i = 0; i < Math.min(helpers.length, count - 1); i++) {
            if (helpers[i].asleep) {
                LockSupport.unpark(helpers[i].thread);
            }
        }
        work(0);
        awaitFinish(count);
        body = NOTHING;
        caller = null;
        Throwable thrown = failure;
        failure = null;
        switch (thrown) {
            case null -> {}
            case RuntimeException exception -> throw exception;
            case Error error -> throw error;
            default -> throw new IllegalStateException("a task threw a checked exception", thrown);
        }
    }

    /** Claims and runs tasks of the present loop until none is left. */
    private void work(int worker) {
        long seen = open.get();
        long loop = seen >>> 32;
        // Read after what the claim is made against: if it succeeds, the loop was open all along and these are its own.
        Task task = body;
        int count = tasks;
        while (seen >>> 32 == loop && (int) seen > 0) {
            if (open.compareAndSet(seen, seen - 1)) {
                try {
                    if (failure == null) {
                        task.run(count - (int) seen, worker);
                    }
                } catch (Throwable thrown) {
                    failure = thrown;
                }
                if (finished.incrementAndGet() == count && callerSleeps) {
                    LockSupport.unpark(caller);
                }
            }
            seen = open.get();
        }
    }

    private void awaitFinish(int count) {
        long start = System.nanoTime();
        int looks = 0;
        while (finished.get() < count) {
            if (++looks % LOOKS_PER_CLOCK != 0 || System.nanoTime() - start < WATCH_NANOS) {
                Thread.onSpinWait();
            } else {
                callerSleeps = true;
                if (finished.get() < count) {
                    LockSupport.park(this);
                }
                callerSleeps = false;
                if (Thread.interrupted()) {
                    // Parking does not block while interrupted: wait on, and tell at the end.
                    awaitFinish(count);
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    /** A thread of the crew. */
    private final class Helper implements Runnable {
        private final int worker;
        private final Thread thread;
        private volatile boolean asleep;

        Helper(int worker) {
            this.worker = worker;
            thread = Thread.ofPlatform().daemon().name("unmask-worker-" + worker).unstarted(this);
        }

        @Override
        public void run() {
            long done = 0;
            while (awaitLoop(done)) {
                done = open.get() >>> 32;
                work(worker);
            }
        }

        /** Waits for a loop after the given one; false when the workers close. */
        private boolean awaitLoop(long done) {
            long start = System.nanoTime();
            int looks = 0;
            while (open.get() >>> 32 == done) {
                if (closed) {
                    return false;
                }
                if (++looks % LOOKS_PER_CLOCK != 0 || System.nanoTime() - start < WATCH_NANOS) {
                    Thread.onSpinWait();
                } else {
                    asleep = true;
                    if (open.get() >>> 32 == done && !closed) {
                        LockSupport.park(Workers.this);
                    }
                    asleep = false;
                }
            }
            return true;
        }
    }
}
