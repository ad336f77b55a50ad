package dev.unmask.mpi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.unmask.tensor.InputException;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The functions of Open MPI that are called here. Its predefined handles, such as {@code MPI_COMM_WORLD}, are addresses
 * of variables of the library ({@code mpi.h}); those of MPICH are numbers, and cannot be told by a symbol.
 */
@SuppressWarnings("restricted") // Its only purpose is to call native code.
final class OpenMpi {
    /** What a level of thread support must be at least: {@code MPI_THREAD_SERIALIZED}, any thread, one at a time. */
    static final int SERIALIZED = 2;

    private static final List<String> NAMES = List.of("libmpi.so.40", "libmpi.so", "libmpi.dylib");

    /** How often to ask without a pause: small messages between processes of one machine take so long. */
    private static final int EAGER = 50;

    /** Nanoseconds. */
    private static final long PAUSE = 50_000;

    /** Of all messages: those from one process to another arrive in the order in which they were sent. */
    private static final int TAG = 0;

    /** A path to use instead. */
    private static final String PROPERTY = "unmask.mpi.library";

    private static final Linker LINKER = Linker.nativeLinker();

    private final SymbolLookup symbols;
    private final MemorySegment world;
    private final MemorySegment bytes;
    private final MethodHandle initThread;
    private final MethodHandle rank;
    private final MethodHandle size;
    private final MethodHandle send;
    private final MethodHandle receive;
    private final MethodHandle allgather;
    private final MethodHandle test;
    private MemorySegment requests = MemorySegment.NULL;
    private int underway;
    private final MemorySegment done = Arena.global().allocate(JAVA_INT);
    private final MethodHandle abort;
    private final MethodHandle finish;

    private OpenMpi(SymbolLookup symbols) {
        this.symbols = symbols;
        this.world = symbol("ompi_mpi_comm_world");
        this.bytes = symbol("ompi_mpi_byte");
        this.initThread = function("MPI_Init_thread", ADDRESS, ADDRESS, JAVA_INT, ADDRESS);
        this.rank = function("MPI_Comm_rank", ADDRESS, ADDRESS);
        this.size = function("MPI_Comm_size", ADDRESS, ADDRESS);
        MemoryLayout[] message = {ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS};
        this.send = function("MPI_Isend", message);
        this.receive = function("MPI_Irecv", message);
        MemoryLayout[] pieces = {ADDRESS, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS, ADDRESS};
        this.allgather = function("MPI_Iallgather", pieces);
        this.test = function("MPI_Testall", JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
        this.abort = function("MPI_Abort", ADDRESS, JAVA_INT);
        this.finish = function("MPI_Finalize");
    }

    /** Loads the system's library; it stays as long as the process. */
    static OpenMpi load() {
        Stream<String> names = Optional.ofNullable(System.getProperty(PROPERTY)).stream();
        List<String> tried = Stream.concat(names, NAMES.stream()).toList();
        for (String name : tried) {
            try {
                return new OpenMpi(SymbolLookup.libraryLookup(name, Arena.global()));
            } catch (IllegalArgumentException absent) {
                continue; // The next name may be there.
            }
        }
        throw new InputException(
                "MPI: this process was started by mpirun, but found none of "
                        + String.join(", ", tried)
                        + ", expected Open MPI's library where the system looks for libraries; install it (Debian:"
                        + " libopenmpi-dev), put its folder into LD_LIBRARY_PATH, or name the file by -D"
                        + PROPERTY
                        + "=FILE");
    }

    private MemorySegment symbol(String name) {
        return symbols.find(name)
                .orElseThrow(() ->
                        new InputException(
                                "MPI: the library lacks "
                                        + name
                                        + ", which Open MPI has; another MPI, such as MPICH, has other handles and is"
                                        + " not supported"));
    }

    private MethodHandle function(String name, MemoryLayout... parameters) {
        return LINKER.downcallHandle(symbol(name), FunctionDescriptor.of(JAVA_INT, parameters));
    }

    private interface Call {
        int call() throws Throwable;
    }

    /** By default an error of MPI ends the job with its own message, and never comes back as a code. */
    private static void require(String name, Call call) {
        int code;
        try {
            code = call.call();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(name, e);
        }
        if (code != 0) {
            throw new IllegalStateException(name + ": found the error " + code + " of MPI, expected 0");
        }
    }

    private static int number(String name, MethodHandle function, MemorySegment of) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(JAVA_INT);
            require(name, () -> (int) function.invokeExact(of, out));
            return out.get(JAVA_INT, 0);
        }
    }

    /** {@code MPI_Init_thread}; returns the level that the library has. */
    int init() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment provided = arena.allocate(JAVA_INT);
            require(
                    "MPI_Init_thread",
                    () -> (int)
                            initThread.invokeExact(MemorySegment.NULL, MemorySegment.NULL, SERIALIZED, provided));
            return provided.get(JAVA_INT, 0);
        }
    }

    int rank() {
        return number("MPI_Comm_rank", rank, world);
    }

    int size() {
        return number("MPI_Comm_size", size, world);
    }

    /** Begins to send; {@link #await} waits for it. */
    void send(MemorySegment message, int to) {
        int length = Math.toIntExact(message.byteSize());
        MemorySegment request = request();
        require("MPI_Isend", () -> (int) send.invokeExact(message, length, bytes, to, TAG, world, request));
    }

    /** Begins to receive; {@link #await} waits for it. */
    void receive(MemorySegment message, int from) {
        int length = Math.toIntExact(message.byteSize());
        MemorySegment request = request();
        require("MPI_Irecv", () -> (int) receive.invokeExact(message, length, bytes, from, TAG, world, request));
    }

    void allgather(MemorySegment own, int piece, MemorySegment all) {
        MemorySegment request = request();
        require(
                "MPI_Iallgather",
                () -> (int) allgather.invokeExact(own, piece, bytes, all, piece, bytes, world, request));
        await();
    }

    /** The place of another request that is underway. */
    private MemorySegment request() {
        if (requests.byteSize() == underway * ADDRESS.byteSize()) {
            MemorySegment more = Arena.ofAuto().allocate(ADDRESS, 2L * underway + 2);
            requests = more.copyFrom(requests);
        }
        return requests.asSlice(underway++ * ADDRESS.byteSize(), ADDRESS);
    }

    /**
     * Waits for what is underway, with pauses. The library's own functions that wait keep a processor busy, which is
     * one that computes: the exchange goes on beside the way back.
     */
    void await() {
        for (int asked = 0; !isDone(); asked++) {
            if (asked >= EAGER) {
                LockSupport.parkNanos(PAUSE);
            }
        }
        underway = 0;
    }

    private boolean isDone() {
        // The last parameter is MPI_STATUSES_IGNORE.
        require("MPI_Testall", () -> (int) test.invokeExact(underway, requests, done, MemorySegment.NULL));
        return done.get(JAVA_INT, 0) != 0;
    }

    void abort(int code) {
        require("MPI_Abort", () -> (int) abort.invokeExact(world, code));
    }

    void finish() {
        require("MPI_Finalize", () -> (int) finish.invokeExact());
    }
}
