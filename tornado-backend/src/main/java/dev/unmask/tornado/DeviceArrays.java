package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task10;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task3;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The arrays on a device that a {@link TornadoPlan} never takes from there, and tasks on them. Where there are several
 * arrays of floats, every kernel gets {@link Banks#MOST}, of which those that are not needed hold next to nothing.
 */
final class DeviceArrays {
    private static final KernelContext CONTEXT = new KernelContext();

    private final Lengths lengths;
    private final int banks;
    private final List<FloatArray> floats = new ArrayList<>();
    private final IntArray words;

    DeviceArrays(Lengths lengths) {
        this.lengths = lengths;
        this.banks = lengths.floats().size();
        for (int bank = 0; bank < (banks == 1 ? 1 : Banks.MOST); bank++) {
            floats.add(HostTwin.floats(bank < banks ? lengths.floats().get(bank) : TransferKernels.GROUP));
        }
        this.words = new IntArray(lengths.words());
    }

    Lengths lengths() {
        return lengths;
    }

    /** What each graph takes over from the one before it, and hands on. */
    Object[] all() {
        return Stream.concat(floats.stream(), Stream.of(words)).toArray();
    }

    private FloatArray bank(int bank) {
        return floats.get(bank);
    }

    /** Adds a task that makes all arrays be there: one for all, as TornadoVM compiles each task. */
    void make(TaskGraph graph) {
        onAll(
                graph,
                (k, memory, integers) -> {
                    TransferKernels.make(k, memory);
                    TransferKernels.make(k, integers);
                },
                (k, a, b, c, d, e, f, g, h, integers) -> {
                    TransferKernels.make(k, a);
                    TransferKernels.make(k, b);
                    TransferKernels.make(k, c);
                    TransferKernels.make(k, d);
                    TransferKernels.make(k, e);
                    TransferKernels.make(k, f);
                    TransferKernels.make(k, g);
                    TransferKernels.make(k, h);
                    TransferKernels.make(k, integers);
                });
    }

    /** Adds a task that makes all arrays zeros. */
    void clear(TaskGraph graph) {
        onAll(
                graph,
                (k, memory, integers) -> {
                    TransferKernels.clear(k, memory);
                    TransferKernels.clear(k, integers);
                },
                (k, a, b, c, d, e, f, g, h, integers) -> {
                    TransferKernels.clear(k, a);
                    TransferKernels.clear(k, b);
                    TransferKernels.clear(k, c);
                    TransferKernels.clear(k, d);
                    TransferKernels.clear(k, e);
                    TransferKernels.clear(k, f);
                    TransferKernels.clear(k, g);
                    TransferKernels.clear(k, h);
                    TransferKernels.clear(k, integers);
                });
    }

    private void onAll(
            TaskGraph graph,
            Task3<KernelContext, FloatArray, IntArray> ofOne,
            Task10<
                            KernelContext,
                            FloatArray,
                            FloatArray,
                            FloatArray,
                            FloatArray,
                            FloatArray,
                            FloatArray,
                            FloatArray,
                            FloatArray,
                            IntArray>
                    ofSeveral) {
        if (banks == 1) {
            graph.task("t", ofOne, CONTEXT, bank(0), words);
            return;
        }
        graph.task(
                "t", ofSeveral, CONTEXT, bank(0), bank(1), bank(2), bank(3), bank(4), bank(5), bank(6), bank(7), words);
    }

    /** Elements of the longest array. */
    int longest() {
        return Math.max(words.getSize(), floats.stream().mapToInt(FloatArray::getSize).max().orElseThrow());
    }

    /** Adds a task of a kernel. */
    void task(TaskGraph graph, String name, Entry entry) {
        if (banks == 1) {
            graph.task(name, entry.ofOne(), CONTEXT, bank(0), words);
            return;
        }
        graph.task(
                name,
                entry.ofSeveral(),
                CONTEXT,
                bank(0),
                bank(1),
                bank(2),
                bank(3),
                bank(4),
                bank(5),
                bank(6),
                bank(7),
                words,
                banks);
    }

    /** Adds a task that puts what is carried into the floats. */
    TaskGraph put(TaskGraph graph, IntArray request, FloatArray staging, IntArray done) {
        if (banks == 1) {
            return graph.task(
                    "t",
                    (k, memory, asked, carried, sign) ->
                            TransferKernels.put(k, new Banks(memory), asked, carried, sign),
                    CONTEXT,
                    bank(0),
                    request,
                    staging,
                    done);
        }
        return graph.task(
                "t",
                (k, a, b, c, d, e, f, g, h, asked, carried, sign, n) ->
                        TransferKernels.put(k, new Banks(a, b, c, d, e, f, g, h, n), asked, carried, sign),
                CONTEXT,
                bank(0),
                bank(1),
                bank(2),
                bank(3),
                bank(4),
                bank(5),
                bank(6),
                bank(7),
                request,
                staging,
                done,
                banks);
    }

    /** Adds a task that gets floats to carry. */
    TaskGraph get(TaskGraph graph, IntArray request, FloatArray staging) {
        if (banks == 1) {
            return graph.task(
                    "t",
                    (k, memory, asked, carried) -> TransferKernels.get(k, new Banks(memory), asked, carried),
                    CONTEXT,
                    bank(0),
                    request,
                    staging);
        }
        return graph.task(
                "t",
                (k, a, b, c, d, e, f, g, h, asked, carried, n) ->
                        TransferKernels.get(k, new Banks(a, b, c, d, e, f, g, h, n), asked, carried),
                CONTEXT,
                bank(0),
                bank(1),
                bank(2),
                bank(3),
                bank(4),
                bank(5),
                bank(6),
                bank(7),
                request,
                staging,
                banks);
    }

    /** Adds a task that puts what is carried into the words. */
    TaskGraph putWords(TaskGraph graph, IntArray request, IntArray staging, IntArray done) {
        return graph.task("t", TransferKernels::putWords, CONTEXT, words, request, staging, done);
    }

    /** Adds a task that gets words to carry. */
    TaskGraph getWords(TaskGraph graph, IntArray request, IntArray staging) {
        return graph.task("t", TransferKernels::getWords, CONTEXT, words, request, staging);
    }

    /** Adds a task that does what {@link NativeCalls} is told. */
    TaskGraph natively(TaskGraph graph) {
        return banks == 1
                ? graph.libraryTask("t", NativeCalls::task, bank(0), words)
                : graph.libraryTask(
                        "t",
                        NativeCalls::task,
                        bank(0),
                        bank(1),
                        bank(2),
                        bank(3),
                        bank(4),
                        bank(5),
                        bank(6),
                        bank(7),
                        words);
    }
}
