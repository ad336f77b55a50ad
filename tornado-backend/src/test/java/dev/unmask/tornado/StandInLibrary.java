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
    public void multiply(NativeQueue queue, Product p) {
        if (!prepared || p.live().isPresent()) {
            throw new IllegalStateException("the library is not prepared, or " + p + " has rows that are not counted");
        }
        multiplied.add(p);
        for (int each = 0; each < p.size().count(); each++) {
            multiply(queue, p, each);
        }
    }

    @SuppressWarnings("restricted")
    private static MemorySegment start(NativeQueue queue, Matrix matrix) {
        return MemorySegment.ofAddress(matrix.pointer(queue)).reinterpret(Long.MAX_VALUE);
    }

    private static void multiply(NativeQueue queue, Product p, int each) {
        Product.Size size = p.size();
        MemorySegment a = start(queue, p.a());
        MemorySegment b = start(queue, p.b());
        MemorySegment c = start(queue, p.c());
        for (int i = 0; i < size.m(); i++) {
            for (int j = 0; j < size.n(); j++) {
                float sum = 0f;
                for (int s = 0; s < size.k(); s++) {
                    sum += factor(a, p.a(), at(p.a(), each, i, s)) * factor(b, p.b(), at(p.b(), each, s, j));
                }
                int at = at(p.c(), each, i, j);
                c.setAtIndex(FLOAT, at, p.accumulate() ? c.getAtIndex(FLOAT, at) + sum : sum);
            }
        }
    }

    private static int at(Matrix matrix, int each, int row, int column) {
        int stored = matrix.transposed() ? column : row;
        return each * matrix.step() + stored * matrix.width() + row + column - stored;
    }

    private static float factor(MemorySegment start, Matrix matrix, int at) {
        return matrix.isBfloat16()
                ? Float.intBitsToFloat(start.getAtIndex(SHORT, at) << 16)
                : start.getAtIndex(FLOAT, at);
    }
}
