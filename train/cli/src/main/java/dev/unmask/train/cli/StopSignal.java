package dev.unmask.train.cli;

import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** Turns Ctrl-C into a request: the command saves, ends by itself, and the program exits as if it had been asked to. */
final class StopSignal {
    private static final AtomicReference<Optional<StopSignal>> CURRENT = new AtomicReference<>(Optional.empty());

    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook;
    private volatile int exitCode;

    private StopSignal(String message, Runnable request) {
        hook =
                new Thread(
                        () -> {
                            SecondSignal.endsAtOnce();
                            System.err.println(message + " …; once more to end at once");
                            request.run();
                            try {
                                finished.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                            Runtime.getRuntime().halt(exitCode);
                        },
                        "stop");
    }

    /** From now on until {@link #finished} an interrupt runs the request and waits for the command to end. */
    static void on(Runnable request) {
        on("stopping after this step and saving", request);
    }

    /** As {@link #on(Runnable)}, with what is said when an interrupt comes. */
    static void on(String message, Runnable request) {
        StopSignal signal = new StopSignal(message, request);
        CURRENT.set(Optional.of(signal));
        Runtime.getRuntime().addShutdownHook(signal.hook);
    }

    /**
     * What could be stopped is over. If no interrupt came, one ends the program at once again; if one came, it goes on
     * waiting for the command, which should do no more than it must.
     *
     * @return whether one came
     */
    static boolean came() {
        Optional<StopSignal> signal = CURRENT.get();
        if (signal.isEmpty() || !signal.get().remove()) {
            return signal.isPresent();
        }
        CURRENT.set(Optional.empty());
        return false;
    }

    /** Whether an interrupt would wait for the command to end. */
    static boolean wanted() {
        return CURRENT.get().isPresent();
    }

    /** The command has ended: an interrupt ends the program at once again, or the one that came is answered. */
    static void finished(int code) {
        CURRENT.getAndSet(Optional.empty()).ifPresent(signal -> signal.end(code));
    }

    private void end(int code) {
        exitCode = code;
        remove();
        finished.countDown();
    }

    /** Returns false if the program is being shut down already: then the hook runs, and waits for the command. */
    private boolean remove() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
