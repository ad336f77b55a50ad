package dev.unmask.tornado;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** What cuBLAS computes, in plain Java at the pointers that cuBLAS gets. */
final class StandInLibrary implements MatrixLibrary {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private final List<Product> multiplied = new ArrayList<>();
    private boolean prepared;

    /** The products so far, with the rows that were live. */
    List<Product> multiplied() {
        return multiplied;
    }

    @Override
    public String name() {
        return "a stand-in";
    }

    @Override
    public void prepare(NativeQueue queue) {
        prepared = true;
    }

    @Override
    @SuppressWarnings("restricted")
    public void multiply(NativeQueue queue, Product p) {
        if (!prepared || p.live().isPresent()) {
            throw new IllegalStateException("the library is not prepared, or " + p + " has rows that are not counted");
        }
        multiplied.add(p);
        MemorySegment floats = MemorySegment.ofAddress(queue.floats()).reinterpret(Long.MAX_VALUE);
        MemorySegment words = MemorySegment.ofAddress(queue.words()).reinterpret(Long.MAX_VALUE);
        for (int each = 0; each < p.size().count(); each++) {
            multiply(floats, words, p, each);
        }
    }

    private static void multiply(MemorySegment floats, MemorySegment words, Product p, int each) {
        Product.Size size = p.size();
        for (int i = 0; i < size.m(); i++) {
            for (int j = 0; j < size.n(); j++) {
                float sum = 0f;
                for (int s = 0; s < size.k(); s++) {
                    sum +=
                            factor(floats, words, p.a(), at(p.a(), each, i, s))
                                    * factor(floats, words, p.b(), at(p.b(), each, s, j));
                }
                int at = at(p.c(), each, i, j);
                floats.setAtIndex(FLOAT, at, p.accumulate() ? floats.getAtIndex(FLOAT, at) + sum : sum);
            }
        }
    }

    private static int at(Matrix matrix, int each, int row, int column) {
        int stored = matrix.transposed() ? column : row;
        return matrix.address() + each * matrix.step() + stored * matrix.width() + row + column - stored;
    }

    private static float factor(MemorySegment floats, MemorySegment words, Matrix matrix, int address) {
        return matrix.packed()
                ? Float.intBitsToFloat(words.getAtIndex(SHORT, address) << 16)
                : floats.getAtIndex(FLOAT, address);
    }
}
