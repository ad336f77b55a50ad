package dev.unmask.tornado;

import dev.unmask.tensor.Precision;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** What cuBLAS computes, in plain Java at the pointers that cuBLAS gets. */
final class StandInLibrary implements MatrixLibrary {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

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
        MemorySegment memory = MemorySegment.ofAddress(queue.floats()).reinterpret(Long.MAX_VALUE);
        for (int i = 0; i < p.m(); i++) {
            for (int j = 0; j < p.n(); j++) {
                float sum = 0f;
                for (int s = 0; s < p.k(); s++) {
                    int atA = p.a() + (p.transposeA() ? s * p.m() + i : i * p.k() + s);
                    int atB = p.b() + (p.transposeB() ? j * p.k() + s : s * p.n() + j);
                    sum += factor(memory, atA, p.precision()) * factor(memory, atB, p.precision());
                }
                int at = p.c() + i * p.n() + j;
                memory.setAtIndex(FLOAT, at, p.accumulate() ? memory.getAtIndex(FLOAT, at) + sum : sum);
            }
        }
    }

    private static float factor(MemorySegment memory, int address, Precision precision) {
        return (float) PlainKernels.rounded(memory.getAtIndex(FLOAT, address), precision);
    }
}
