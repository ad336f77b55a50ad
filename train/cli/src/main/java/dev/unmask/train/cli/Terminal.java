package dev.unmask.train.cli;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.OptionalInt;

/**
 * Whether standard output and standard error are terminals, and how wide these are. The JDK tells only whether input
 * and output both are one, so the C library is asked.
 */
final class Terminal {
    /** The descriptor of standard output. */
    static final int OUT = 1;

    /** The descriptor of standard error. */
    static final int ERR = 2;

    /** The request for the size of a window; on macOS it holds its direction and size too. */
    private static final long WINDOW_SIZE = System.getProperty("os.name", "").startsWith("Mac") ? 0x40087468L : 0x5413L;

    /** Rows, columns, and both in pixels, 16 bits each. */
    private static final int WINDOW_BYTES = 8;

    private Terminal() {}

    /** Whether a descriptor is a terminal on which a line can be drawn over. */
    static boolean redraws(int descriptor) {
        String kind = System.getenv("TERM");
        return kind != null && !kind.isEmpty() && !kind.equals("dumb") && is(descriptor);
    }

    /** Whether a descriptor is a terminal. */
    static boolean is(int descriptor) {
        try {
            MethodHandle isTerminal =
                    function("isatty", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
            return (int) isTerminal.invokeExact(descriptor) == 1;
        } catch (Throwable e) {
            return absent(e);
        }
    }

    /** The columns of a descriptor's terminal; none if it is no terminal, or has no size. */
    static OptionalInt columns(int descriptor) {
        try (Arena arena = Arena.ofConfined()) {
            MethodHandle control =
                    function(
                            "ioctl",
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_LONG,
                                    ValueLayout.ADDRESS),
                            Linker.Option.firstVariadicArg(2));
            MemorySegment window = arena.allocate(WINDOW_BYTES);
            int failed = (int) control.invokeExact(descriptor, WINDOW_SIZE, window);
            int columns = Short.toUnsignedInt(window.get(ValueLayout.JAVA_SHORT, Short.BYTES));
            return failed == 0 && columns > 0 ? OptionalInt.of(columns) : OptionalInt.empty();
        } catch (Throwable e) {
            absent(e);
            return OptionalInt.empty();
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, FunctionDescriptor type, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type, options);
    }

    /** A system without these functions, or a JVM that may not call them, has no terminal for us; an error is one. */
    private static boolean absent(Throwable found) {
        if (found instanceof Error error) {
            throw error;
        }
        return false;
    }
}
