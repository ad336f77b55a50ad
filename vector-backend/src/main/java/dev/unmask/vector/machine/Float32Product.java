package dev.unmask.vector.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Products of float32 by AVX-512 or AVX2: {@code C[m, n] = A[m, k] · B[k, n]}, {@link #columns} columns at a time. A
 * tile of 12 rows by 2 vectors of sums stays in registers, of 6 by 2 with AVX2. The elements of A may lie at any
 * strides, so that packed panels, rows and columns of a matrix are all the same to it.
 *
 * <p>An element of C is a chain of fused multiply-adds in ascending k, as in the kernels of the Vector API, so it has
 * the same bits.
 *
 * <p>The compiler of the JVM makes about the same loop of eight rows where there are 32 registers, but not always: it
 * may leave vectors as objects, and it cannot be told to fetch what comes next. Where there are 16 it unrolls the loop,
 * loads for several steps ahead and has to put sums away for that: half of the speed.
 */
public final class Float32Product {
    private static final int VECTORS = Float32Function.VECTORS;
    private static final MethodHandle CALL = handle();

    private final VectorSize size;
    private final List<MemorySegment> functions;
    private final int rows;

    /** Where masks of 256 bits are read: as many words of ones as a vector has lanes, then as many zeros. */
    private final MemorySegment signs;

    /**
     * A product made of some functions.
     *
     * @param size of vectors
     * @param functions for 1 row up to as many as a tile has, of each that for one vector and that for two, with masks;
     *     after them the same without, for columns that fill their vectors, as stores under a mask are slow with AVX2
     */
    Float32Product(VectorSize size, List<MemorySegment> functions) {
        this.size = size;
        this.functions = List.copyOf(functions);
        rows = Float32Function.mostRows(size);
        signs = Arena.global().allocate(ValueLayout.JAVA_INT, 2L * size.lanes());
        for (int lane = 0; lane < size.lanes(); lane++) {
            signs.setAtIndex(ValueLayout.JAVA_INT, lane, -1);
        }
    }

    /** The product, or nothing and a word why. */
    static Optional<Float32Product> load(VectorSize size, Consumer<String> refusal) {
        List<byte[]> functions = new ArrayList<>();
        for (boolean masked : new boolean[] {true, false}) {
            for (int rows = 1; rows <= Float32Function.mostRows(size); rows++) {
                for (int vectors = 1; vectors <= VECTORS; vectors++) {
                    functions.add(new Float32Function(size, rows, vectors, masked).code());
                }
            }
        }
        return MachineCode.load(functions, refusal).map(loaded -> new Float32Product(size, loaded));
    }

    /** What it is made of, for people. */
    String description() {
        return size.instructions();
    }

    /** The size of its vectors. */
    VectorSize size() {
        return size;
    }

    /** Its functions, as they were given. */
    List<MemorySegment> functions() {
        return functions;
    }

    /**
     * Rows of a tile.
     *
     * @return how many
     */
    public int rows() {
        return rows;
    }

    /**
     * The most columns of a call.
     *
     * @return how many
     */
    public int columns() {
        return VECTORS * size.lanes();
    }

    @SuppressWarnings("restricted")
    private static MethodHandle handle() {
        List<ValueLayout> words = Collections.nCopies(Float32Function.ARGUMENTS, ValueLayout.JAVA_LONG);
        // A call lasts microseconds: the thread may skip telling the garbage collector that it leaves Java.
        return Linker.nativeLinker()
                .downcallHandle(
                        FunctionDescriptor.ofVoid(words.toArray(ValueLayout[]::new)), Linker.Option.critical(false));
    }

    /**
     * {@code C = A · B}, with D added to each sum, or with sums that go on from what C holds.
     *
     * @param count rows of C, at least 1
     * @param columns of C, in {@code [1, columns()]}
     * @param steps of k, at least 0
     * @param a where A starts
     * @param aRow bytes from an element of A to the one below, within a tile
     * @param aStep bytes from an element of A to the one on its right
     * @param aTile bytes from {@link #rows} rows of A to the next as many
     * @param b where B starts; a row is read in whole vectors, by up to 60 bytes more than there are columns, as a mask
     *     would take the place of a multiplication
     * @param bStep bytes from a row of B to the next
     * @param chain whether sums begin with what C holds, not with zero
     * @param base D, with the stride of C, or 0 for none; may be C
     * @param c where C starts
     * @param stride bytes from a row of C to the next
     * @param next what will be read soon, fetched on the way; any address will do
     * @param nextBytes how much of it
     */
    public void multiply(
            int count,
            int columns,
            int steps,
            long a,
            long aRow,
            long aStep,
            long aTile,
            long b,
            long bStep,
            boolean chain,
            long base,
            long c,
            long stride,
            long next,
            long nextBytes) {
        int vectors = columns > size.lanes() ? VECTORS : 1;
        int inLast = columns - (vectors - 1) * size.lanes();
        long mask = mask(inLast);
        int first = (inLast == size.lanes() ? rows * VECTORS : 0) + vectors - 1;
        int tiles = count / rows;
        int rest = count - tiles * rows;
        // Everybody who multiplies by these columns fetches a little with every step.
        long nextStep = nextBytes / Math.max(1, (long) tiles * steps);
        if (tiles > 0) {
            call(
                    functions.get(first + (rows - 1) * VECTORS),
                    a,
                    b,
                    c,
                    base,
                    stride,
                    steps,
                    aRow,
                    aStep,
                    aTile,
                    bStep,
                    mask,
                    chain,
                    tiles,
                    next,
                    nextStep);
        }
        if (rest > 0) {
            long done = (long) tiles * rows * stride;
            call(
                    functions.get(first + (rest - 1) * VECTORS),
                    a + tiles * aTile,
                    b,
                    c + done,
                    base == 0 ? 0 : base + done,
                    stride,
                    steps,
                    aRow,
                    aStep,
                    aTile,
                    bStep,
                    mask,
                    chain,
                    1,
                    b,
                    0);
        }
    }

    /** What tells a function of the last vector's columns. */
    private long mask(int present) {
        return switch (size) {
            case YMM -> signs.address() + (long) (size.lanes() - present) * Integer.BYTES;
            case ZMM -> TileFunction.mask(present);
        };
    }

    private static void call(
            MemorySegment function,
            long a,
            long b,
            long c,
            long base,
            long stride,
            long steps,
            long aRow,
            long aStep,
            long aTile,
            long bStep,
            long mask,
            boolean chain,
            long tiles,
            long next,
            long nextStep) {
        try {
            CALL.invokeExact(
                    function,
                    a,
                    b,
                    c,
                    base,
                    stride,
                    steps,
                    aRow,
                    aStep,
                    aTile,
                    bStep,
                    mask,
                    chain ? 1L : 0L,
                    tiles,
                    next,
                    nextStep);
        } catch (Throwable impossible) {
            throw new IllegalStateException("a call of machine code threw, which only Java code can", impossible);
        }
    }
}
