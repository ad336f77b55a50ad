package dev.unmask.vector.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.vector.machine.Float32Product;
import dev.unmask.vector.work.Storage;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.Random;

/** A matrix product on random operands, with room after each row and sentinels all around the result. */
final class GemmCase {
    /** Transposes of A and of B, dtypes of A and of B: four bits. */
    static final int VARIANTS = 16;

    private static final float SENTINEL = -987.5f;
    private static final int BORDER = 64;
    private static final double UNIT_ROUNDOFF = 0x1p-24;

    final int m;
    final int n;
    final int k;
    private final Operand a;
    private final Operand b;
    private final Addend kind;
    private final int stride;
    private final MemorySegment addend;
    private final MemorySegment c;
    private Optional<Float32Product> code = Optional.empty();

    /** What is added to the product. */
    enum Addend {
        NONE,
        OTHER,
        ITSELF
    }

    /** A stored matrix: F32, or BF16 that the values have been rounded to. */
    private record Operand(MemorySegment memory, int stride, boolean transposed, boolean bf16) {
        static Operand random(Random random, int rows, int columns, boolean transposed, boolean bf16) {
            int lines = transposed ? columns : rows;
            int stride = (transposed ? rows : columns) + random.nextInt(5);
            MemorySegment memory = Arena.ofAuto().allocate((long) Math.max(1, lines * stride) * (bf16 ? 2 : 4), 64);
            Operand operand = new Operand(memory, stride, transposed, bf16);
            for (int i = 0; i < lines * stride; i++) {
                operand.set(i, random.nextFloat() * 2 - 1);
            }
            return operand;
        }

        long index(int row, int column) {
            return transposed ? (long) column * stride + row : (long) row * stride + column;
        }

        float get(int row, int column) {
            long index = index(row, column);
            return bf16
                    ? Float.intBitsToFloat(memory.getAtIndex(ValueLayout.JAVA_SHORT, index) << 16)
                    : memory.getAtIndex(ValueLayout.JAVA_FLOAT, index);
        }

        void set(long index, float value) {
            if (bf16) {
                memory.setAtIndex(ValueLayout.JAVA_SHORT, index, (short) (Float.floatToRawIntBits(value) >>> 16));
            } else {
                memory.setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
            }
        }

        GemmPacking.Items rows() {
            return items(!transposed);
        }

        GemmPacking.Items columns() {
            return items(transposed);
        }

        private GemmPacking.Items items(boolean alongK) {
            return new GemmPacking.Items(memory.address(), (long) stride * (bf16 ? 2 : 4), alongK, bf16);
        }
    }

    GemmCase(Random random, int m, int n, int k, Addend kind, int variant) {
        this.m = m;
        this.n = n;
        this.k = k;
        this.kind = kind;
        a = Operand.random(random, m, k, (variant & 1) != 0, (variant & 4) != 0);
        b = Operand.random(random, k, n, (variant & 2) != 0, (variant & 8) != 0);
        stride = n + random.nextInt(5);
        c = bordered();
        addend = bordered();
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                addend.setAtIndex(ValueLayout.JAVA_FLOAT, at(i, j), random.nextFloat() * 2 - 1);
            }
        }
    }

    /** The same, multiplied by machine code, or not. */
    GemmCase by(Optional<Float32Product> machineCode) {
        code = machineCode;
        return this;
    }

    private MemorySegment bordered() {
        long count = 2L * BORDER + (long) m * stride;
        MemorySegment memory = Arena.ofAuto().allocate(count * 4, 64);
        for (long i = 0; i < count; i++) {
            memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, SENTINEL);
        }
        return memory;
    }

    private long at(int i, int j) {
        return BORDER + (long) i * stride + j;
    }

    float a(int i, int p) {
        return a.get(i, p);
    }

    void a(int i, int p, float value) {
        a.set(a.index(i, p), value);
    }

    float b(int p, int j) {
        return b.get(p, j);
    }

    float addend(int i, int j) {
        return addend.getAtIndex(ValueLayout.JAVA_FLOAT, at(i, j));
    }

    float c(int i, int j) {
        return c.getAtIndex(ValueLayout.JAVA_FLOAT, at(i, j));
    }

    /** The product, prepared to run on up to as many rows, columns and steps as it has. */
    MatrixProduct prepare(Workers workers) {
        long start = BORDER * 4L;
        long added =
                switch (kind) {
                    case NONE -> 0;
                    case OTHER -> addend.address() + start;
                    case ITSELF -> c.address() + start;
                };
        if (kind == Addend.ITSELF) {
            MemorySegment.copy(addend, 0, c, 0, c.byteSize());
        }
        MatrixProduct.Places operands =
                new MatrixProduct.Places(a.rows(), b.columns(), added, c.address() + start, stride * 4L);
        Workspace workspace = new Workspace(workers.count(), Storage.OFF_HEAP);
        FittingProduct product =
                new FittingProduct(workers, workspace, new Float32Panels(false, code), operands, Optional.empty());
        product.reserve(m, n, k);
        return product;
    }

    GemmCase run(Workers workers) {
        prepare(workers).run(m, n, k);
        return this;
    }

    int[] bits(int threads) {
        try (Workers workers = new Workers(threads)) {
            return bitsOfFirstRows(workers, m);
        }
    }

    /** Computes only the first rows, and returns their bits. */
    int[] bitsOfFirstRows(Workers workers, int count) {
        GemmCase fresh = this;
        MemorySegment kept = Arena.ofAuto().allocate(c.byteSize());
        kept.copyFrom(c);
        c.fill((byte) 0);
        fresh.prepare(workers).run(count, n, k);
        int[] found = rows(count);
        c.copyFrom(kept);
        return found;
    }

    /** The bits of the first rows of the result. */
    int[] rows(int count) {
        int[] bits = new int[count * n];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Float.floatToRawIntBits(c(i / n, i % n));
        }
        return bits;
    }

    /**
     * Compares with float64, to within what rounding of a sum of {@code k + 1} terms allows, and looks for stray
     * writes.
     */
    void check() {
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = kind == Addend.NONE ? 0 : addend(i, j);
                double size = Math.abs(sum);
                for (int p = 0; p < k; p++) {
                    double term = (double) a(i, p) * b(p, j);
                    sum += term;
                    size += Math.abs(term);
                }
                double error = Math.abs(c(i, j) - sum);
                assertTrue(error <= (k + 2) * UNIT_ROUNDOFF * size, () -> "%s is wrong".formatted(this));
            }
        }
        for (long i = 0; i < c.byteSize() / 4; i++) {
            long inside = i - BORDER;
            if (inside < 0 || inside >= (long) m * stride || inside % stride >= n) {
                assertEquals(SENTINEL, c.getAtIndex(ValueLayout.JAVA_FLOAT, i), () -> this + ": written outside");
            }
        }
    }

    @Override
    public String toString() {
        return "[%d, %d, %d], addend %s, A %s, B %s, stride %d".formatted(m, n, k, kind, a, b, stride);
    }
}
