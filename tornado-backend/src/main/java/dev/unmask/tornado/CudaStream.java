package dev.unmask.tornado;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The stream of a plan of TornadoVM, told by NVIDIA's driver what to do: what needs no kernel compiled goes there
 * without TornadoVM, each call of which costs the host some 100 µs, and which waits for a CUDA graph. All is done in
 * the order in which it is told, the work of TornadoVM for this stream included.
 */
final class CudaStream implements NativeQueue {
    private final CudaDriver driver;
    private final List<Long> floats;
    private final long words;
    private final long stream;
    private final long context;

    /** A queue that a task of TornadoVM saw; its pointers stay as long as its plan, those of so many arrays. */
    CudaStream(CudaDriver driver, NativeQueue seen, int banks) {
        this.driver = driver;
        floats = IntStream.range(0, banks).mapToObj(seen::floats).toList();
        words = seen.words();
        stream = seen.stream();
        context = seen.context();
    }

    @Override
    public long floats(int bank) {
        return floats.get(bank);
    }

    @Override
    public long words() {
        return words;
    }

    @Override
    public long stream() {
        return stream;
    }

    @Override
    public long context() {
        return context;
    }

    /** Before anything else, as different threads may take turns. */
    void enter() {
        driver.makeCurrent(context);
    }

    void store(int address, int word) {
        driver.fill(words + 4L * address, word, 1, stream);
    }

    /** Copies to a pointer of the device; the source may change as soon as this returns. */
    void upload(long pointer, MemorySegment source) {
        enter();
        driver.copyToDevice(pointer, source, stream);
    }

    /** Copies from a pointer of the device, and waits. */
    void download(MemorySegment target, long pointer) {
        enter();
        driver.copyToHost(target, pointer, stream);
    }

    void launch(long graph) {
        driver.launch(graph, stream);
    }

    void destroy(long graph) {
        driver.destroy(graph);
    }
}
