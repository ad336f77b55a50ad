package dev.unmask.tornado;

import java.lang.ref.Cleaner;
import java.util.Map;
import java.util.Queue;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** The CUDA graphs of a plan. One that nobody can ask for any more is given back when the next one is launched. */
final class CudaGraphs {
    private static final Cleaner CLEANER = Cleaner.create();

    private final Map<Captured, Long> graphs = new WeakHashMap<>();
    private final Queue<Long> garbage = new ConcurrentLinkedQueue<>();

    boolean has(Captured captured) {
        return graphs.containsKey(captured);
    }

    /** Keeps a graph, by its handle. */
    void put(Captured captured, long graph) {
        if (graph == 0) {
            throw new IllegalStateException("CUDA made no graph of " + captured.launches().size() + " kernels");
        }
        graphs.put(captured, graph);
        Queue<Long> later = garbage;
        CLEANER.register(captured, () -> later.add(graph));
    }

    void launch(Captured captured, CudaStream stream) {
        for (Long graph = garbage.poll(); graph != null; graph = garbage.poll()) {
            stream.destroy(graph);
        }
        stream.launch(graphs.get(captured));
    }
}
