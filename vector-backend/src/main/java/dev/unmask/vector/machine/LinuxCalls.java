package dev.unmask.vector.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Optional;

/** The three requests to Linux on x86-64 that running machine code takes. */
final class LinuxCalls {
    private static final long MMAP = 9;
    private static final long MPROTECT = 10;
    private static final long ARCH_PRCTL = 158;

    private static final long READ = 1;
    private static final long WRITE = 2;
    private static final long EXECUTE = 4;
    private static final long PRIVATE_ANONYMOUS = 0x22;
    private static final long REQUEST_COMPONENT = 0x1023;
    private static final long TILE_DATA = 18;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle SYSCALL = syscall();

    private LinuxCalls() {}

    @SuppressWarnings("restricted")
    private static MethodHandle syscall() {
        Linker linker = Linker.nativeLinker();
        MemoryLayout word = ValueLayout.JAVA_LONG;
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("syscall"),
                FunctionDescriptor.of(word, word, word, word, word, word, word, word),
                Linker.Option.firstVariadicArg(1),
                Linker.Option.captureCallState("errno"));
    }

    /**
     * Maps fresh memory, fills it, and makes it executable and no longer writable.
     *
     * @param code what to fill it with
     * @return the memory, or why the system refuses
     */
    @SuppressWarnings("restricted")
    static Mapping executable(byte[] code) {
        return switch (call(MMAP, 0, code.length, READ | WRITE, PRIVATE_ANONYMOUS, -1, 0)) {
            case Answer.Refused(String error) -> new Mapping.Refused("mmap: " + error);
            case Answer.Done(long address) -> {
                MemorySegment memory = MemorySegment.ofAddress(address).reinterpret(code.length);
                memory.copyFrom(MemorySegment.ofArray(code));
                yield switch (call(MPROTECT, address, code.length, READ | EXECUTE)) {
                    case Answer.Refused(String error) -> new Mapping.Refused("mprotect: " + error);
                    case Answer.Done _ -> new Mapping.Mapped(memory.asReadOnly());
                };
            }
        };
    }

    /**
     * Asks for the right of this process to use tile registers.
     *
     * @return why the system refuses; empty if it does not
     */
    static Optional<String> requestTiles() {
        return switch (call(ARCH_PRCTL, REQUEST_COMPONENT, TILE_DATA)) {
            case Answer.Refused(String error) -> Optional.of("arch_prctl: " + error);
            case Answer.Done _ -> Optional.empty();
        };
    }

    /** With up to six arguments; those left out are 0. */
    private static Answer call(long number, long... arguments) {
        long[] all = Arrays.copyOf(arguments, 6);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long result = (long) SYSCALL.invokeExact(state, number, all[0], all[1], all[2], all[3], all[4], all[5]);
            return result == -1 ? new Answer.Refused("errno " + (int) ERRNO.get(state, 0L)) : new Answer.Done(result);
        } catch (Throwable impossible) {
            throw new IllegalStateException("a system call threw, which only Java code can", impossible);
        }
    }

    private sealed interface Answer {
        record Done(long value) implements Answer {}

        record Refused(String error) implements Answer {}
    }

    /** What became of a request for executable memory. */
    sealed interface Mapping {
        /** Memory that is read and executed, never written, and lasts as long as the process. */
        record Mapped(MemorySegment code) implements Mapping {}

        /** The system's answer. */
        record Refused(String reason) implements Mapping {}
    }
}
