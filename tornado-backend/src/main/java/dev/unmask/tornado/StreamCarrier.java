package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.lang.foreign.MemorySegment;

/** Copies by NVIDIA's driver. TornadoVM never sees the arrays, which it would pin. */
final class StreamCarrier implements Carrier {
    private final CudaStream stream;
    private final FloatArray floats = new FloatArray(Transfers.LARGE);
    private final IntArray words = new IntArray(Transfers.LARGE);

    StreamCarrier(CudaStream stream) {
        this.stream = stream;
    }

    @Override
    public FloatArray floats(int n) {
        return floats;
    }

    @Override
    public IntArray words(int n) {
        return words;
    }

    @Override
    public void put(long address, int n) {
        stream.upload(stream.pointer(address), first(floats.getSegment(), n));
    }

    @Override
    public void putWords(int address, int n) {
        stream.upload(stream.words() + 4L * address, first(words.getSegment(), n));
    }

    @Override
    public void get(long address, int n) {
        stream.download(first(floats.getSegment(), n), stream.pointer(address));
    }

    @Override
    public void getWords(int address, int n) {
        stream.download(first(words.getSegment(), n), stream.words() + 4L * address);
    }

    private static MemorySegment first(MemorySegment all, int n) {
        return all.asSlice(0, 4L * n);
    }
}
