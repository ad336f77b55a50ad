package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.util.List;

/** The memory of a {@link PlainDevice} as a library sees it: a pointer. */
record PlainQueue(List<FloatArray> memory, IntArray integers) implements NativeQueue {
    @Override
    public long floats(int bank) {
        return memory.get(bank).getSegment().address();
    }

    @Override
    public long words() {
        return integers.getSegment().address();
    }

    @Override
    public long stream() {
        return 1;
    }

    @Override
    public long context() {
        return 1;
    }
}
