package dev.unmask.train.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;

/** Turns Ctrl-C into a request: the command saves, ends by itself, and the program exits as if it had been asked to. */
final class StopSignal {
    private static final CountDownLatch FINISHED = new CountDownLatch(1);
    private static final AtomicBoolean DONE = new AtomicBoolean();
    private static volatile int exitCode;

    private StopSignal() {}

    /** From now on an interrupt runs the request and waits for {@link #finished}. */
    static void on(Runnable request) {
        Thread hook =
                new Thread(
                        () -> {
                            if (DONE.get()) {
                                return;
                            }
                            System.err.println("\nstopping after this step and saving …");
                            request.run();
                            try {
                                FINISHED.await();
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                            Runtime.getRuntime().halt(exitCode);
                        },
                        "stop");
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** The command has ended. */
    static void finished(int code) {
        exitCode = code;
        DONE.set(true);
        FINISHED.countDown();
    }
}
