package dev.unmask.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A fixed set of threads that share the tasks of one kernel; the calling thread is worker 0.
 *
 * <p>Which worker gets a task is left to chance, so a task must write only what belongs to its number, and kernels cut
 * their work at sizes that do not depend on the number of threads. One thread at a time may call.
 */
final class Workers implements AutoCloseable {
    /** One piece of work. */
    interface Task {
        /**
         * Does the piece.
         *
         * @param task its number
         * @param worker who does it, below {@link #count()}: no two at a time have the same
         */
        void run(int task, int worker);
    }

    private static final long ALIGNMENT = 64;
    private static final int SPINS = 20_000;

    private final Thread[] threads;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicInteger busy = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile int generation;
    private volatile boolean closed;
    private Thread caller = Thread.currentThread();
    private Task task = (number, worker) -> {};
    private int tasks;
    private MemorySegment scratch = MemorySegment.NULL;
    private long scratchBytes;

    Workers(int count) {
        threads = new Thread[count - 1];
        for (int i = 0; i < threads.length; i++) {
            int worker = i + 1;
            threads[i] = Thread.ofPlatform().daemon().name("unmask-vector-" + worker).unstarted(() -> work(worker));
        }
        for (Thread thread : threads) {
            thread.start();
        }
    }

    /** How many workers there are, the caller among them. */
    int count() {
        return threads.length + 1;
    }

    /** Runs tasks 0 to {@code count - 1}, each once, and returns when all are done. */
    void forEach(int count, Task each) {
        if (threads.length == 0 || count <= 1) {
            for (int i = 0; i < count; i++) {
                each.run(i, 0);
            }
            return;
        }
        task = each;
        tasks = count;
        caller = Thread.currentThread();
        next.set(0);
        busy.set(threads.length);
        generation++;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
        drain(0);
        for (int spins = 0; busy.get() > 0; spins++) {
            if (spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.park(this);
            }
        }
        if (failure.getAndSet(null) instanceof Throwable thrown) {
            throw new IllegalStateException("a kernel failed: " + thrown, thrown);
        }
    }

    private void work(int worker) {
        int seen = 0;
        while (true) {
            for (int spins = 0; generation == seen; spins++) {
                if (closed) {
                    return;
                }
                if (spins < SPINS) {
                    Thread.onSpinWait();
                } else {
                    LockSupport.park(this);
                }
            }
            seen++;
            drain(worker);
            Thread waiting = caller;
            if (busy.decrementAndGet() == 0) {
                LockSupport.unpark(waiting);
            }
        }
    }

    private void drain(int worker) {
        try {
            for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
                task.run(i, worker);
            }
        } catch (RuntimeException | Error thrown) {
            failure.compareAndSet(null, thrown);
            next.set(tasks);
        }
    }

    /**
     * Makes sure that every worker has scratch memory of a size. Addresses may change, so kernels ask for theirs when
     * they run.
     */
    void reserve(long bytes) {
        if (bytes > scratchBytes) {
            long rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            scratch = Arena.ofAuto().allocate(rounded * count(), ALIGNMENT);
            scratchBytes = rounded;
        }
    }

    /** Where the scratch memory of a worker begins, 64-byte aligned. */
    long scratch(int worker) {
        return scratch.address() + worker * scratchBytes;
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : threads) {
            LockSupport.unpark(thread);
        }
    }
}
