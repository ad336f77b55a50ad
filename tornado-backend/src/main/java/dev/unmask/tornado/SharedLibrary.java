package dev.unmask.tornado;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;

/**
 * A library of the system, by Java's foreign functions.
 *
 * @param name what it was found by
 * @param symbols its functions
 */
@SuppressWarnings("restricted")
record SharedLibrary(String name, SymbolLookup symbols) {
    /** The first of some libraries that there is, as the system's loader finds them. */
    static Optional<SharedLibrary> first(List<String> names) {
        for (String name : names) {
            try {
                return Optional.of(new SharedLibrary(name, SymbolLookup.libraryLookup(name, Arena.global())));
            } catch (IllegalArgumentException absent) {
                // The next one.
            }
        }
        return Optional.empty();
    }

    /** What a call of a function threw, as something to throw on. */
    static IllegalStateException unexpected(Throwable thrown) {
        if (thrown instanceof RuntimeException e) {
            throw e;
        }
        if (thrown instanceof Error e) {
            throw e;
        }
        return new IllegalStateException(thrown);
    }

    /** A function that gives a status. */
    MethodHandle function(String symbol, MemoryLayout... arguments) {
        return Linker.nativeLinker()
                .downcallHandle(symbols.findOrThrow(symbol), FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }
}
