package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.common.Access;
import uk.ac.manchester.tornado.api.common.LibraryTaskDescriptor;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Work of the host's own for the stream of a plan. TornadoVM has tasks of a graph that call a library; the one task
 * here does whatever it is told before its graph runs.
 */
final class NativeCalls {
    /** What TornadoVM finds its {@link NativeTask} by. */
    static final String LIBRARY = "unmask/native";

    private static final ThreadLocal<Consumer<CapturingQueue>> NEXT = new ThreadLocal<>();

    private NativeCalls() {}

    /** The task, for {@code TaskGraph.libraryTask}. */
    static LibraryTaskDescriptor task(FloatArray memory, IntArray words) {
        return of(memory, words);
    }

    /** As {@link #task}, where there are several arrays of floats. */
    static LibraryTaskDescriptor task(
            FloatArray a,
            FloatArray b,
            FloatArray c,
            FloatArray d,
            FloatArray e,
            FloatArray f,
            FloatArray g,
            FloatArray h,
            IntArray words) {
        return of(a, b, c, d, e, f, g, h, words);
    }

    private static LibraryTaskDescriptor of(Object... arrays) {
        Access[] access = new Access[arrays.length];
        Arrays.fill(access, Access.READ_WRITE);
        return new LibraryTaskDescriptor()
                .withLibrary(LIBRARY)
                .withFunction("run")
                .withParameters(arrays)
                .withAccess(access);
    }

    /** Runs the graph of the task, which does this. */
    static void during(Runnable graph, Consumer<CapturingQueue> work) {
        NEXT.set(work);
        try {
            graph.run();
        } finally {
            NEXT.remove();
        }
    }

    /** What the task does now, on the thread that runs its graph. */
    static void run(CapturingQueue queue) {
        NEXT.get().accept(queue);
    }
}
