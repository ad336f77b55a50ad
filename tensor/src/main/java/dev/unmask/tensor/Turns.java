package dev.unmask.tensor;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Who may use a backend, its tensors and its programs: one thread at a time, and nobody once it is closed. Threads may
 * take turns, as long as one has returned before the next one calls.
 *
 * <p>A backend makes one, gives it to its tensors and its {@code ProgramGuard}s, and takes a turn in each of its own
 * methods. A second thread is refused and not kept waiting: two threads that call at the same time is a fault of the
 * program, which waiting would hide.
 */
public final class Turns {
    private final String backend;
    private final AtomicReference<Thread> holder = new AtomicReference<>();

    /** How many calls within each other the holder is in. */
    private int depth;

    private volatile boolean closed;

    /**
     * The turns of an open backend.
     *
     * @param backend what messages call it
     */
    public Turns(String backend) {
        this.backend = backend;
    }

    /**
     * Begins a call; each is followed by {@link #end()}. A call may be made within another one of the same thread.
     *
     * @param call what is called, for messages
     * @param on what it is called on, for messages
     * @throws IllegalStateException if another thread is in a call, or the backend is closed
     */
    public void begin(String call, Object on) {
        take(call, on);
        if (closed) {
            leave();
            throw new IllegalStateException(
                    call
                            + on
                            + ": backend "
                            + backend
                            + " is closed, and its tensors and programs with it; open a new one");
        }
        depth++;
    }

    /** Ends the call that began last. */
    public void end() {
        depth--;
        leave();
    }

    /**
     * Refuses all calls from now on.
     *
     * @return whether the backend was open until now: whether there is something to give back
     * @throws IllegalStateException if a call is going on
     */
    public boolean close() {
        take("close", "");
        try {
            if (depth > 0) {
                throw new IllegalStateException("close: backend " + backend + " is in a call of this thread");
            }
            boolean open = !closed;
            closed = true;
            return open;
        } finally {
            leave();
        }
    }

    private void take(String call, Object on) {
        Thread caller = Thread.currentThread();
        if (holder.get() != caller && !holder.compareAndSet(null, caller)) {
            Thread other = holder.get();
            throw new IllegalStateException(
                    call
                            + on
                            + ": backend "
                            + backend
                            + " was called by "
                            + named(caller)
                            + " while "
                            + (other == null ? "another thread" : named(other))
                            + " was using it; let threads take turns, or open a backend for each");
        }
    }

    private void leave() {
        if (depth == 0) {
            holder.set(null);
        }
    }

    private static String named(Thread thread) {
        return "thread " + (thread.getName().isEmpty() ? "#" + thread.threadId() : thread.getName());
    }
}
