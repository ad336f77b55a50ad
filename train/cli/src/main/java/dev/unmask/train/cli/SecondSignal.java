package dev.unmask.train.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/** A JVM that shuts down answers Ctrl-C no more, however long it takes. */
final class SecondSignal {
    /** By the custom of shells the exit code of a signal's end, less the signal's number. */
    private static final int SIGNALLED = 128;

    private SecondSignal() {}

    /** From now on Ctrl-C and a request to end (SIGTERM) end the program at once, whatever it is doing. */
    static void endsAtOnce() {
        ends("INT", 2);
        ends("TERM", 15);
    }

    /** By name, as the compiler warns of this class of the JDK and cannot be told not to; there is no other. */
    private static void ends(String name, int number) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Constructor<?> named = signal.getConstructor(String.class);
            Method handle = signal.getMethod("handle", signal, handler);
            Object end =
                    Proxy.newProxyInstance(
                            handler.getClassLoader(),
                            new Class<?>[] {handler},
                            (proxy, method, arguments) -> {
                                end(SIGNALLED + number);
                                return null;
                            });
            handle.invoke(null, named.newInstance(name), end);
        } catch (ReflectiveOperationException e) {
            // A JVM without it, or one that was told by -Xrs to leave signals to the system, whose answer is to end.
            return;
        }
    }

    private static void end(int code) {
        // The prompt of the shell is not to stand behind a bar; no stream that another thread may hold is used.
        try (FileOutputStream terminal = new FileOutputStream(FileDescriptor.err)) {
            terminal.write('\n');
        } catch (IOException e) {
            // Nobody reads it.
        } finally {
            Runtime.getRuntime().halt(code);
        }
    }
}
