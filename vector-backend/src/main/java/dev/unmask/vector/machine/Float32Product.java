package dev.unmask.vector.machine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Products of float32 by AVX-512: {@code C[m, n] = A[m, k] · B[k, n]}, {@link #COLUMNS} columns at a time. A tile of 12
 * rows by 2 vectors of sums stays in registers, 24 of 32; a step of k loads 2 vectors of B and an element of A for each
 * row into all lanes, 14 loads for 24 fused multiply-adds. The elements of A may lie at any strides, so that packed
 * panels, rows and columns of a matrix are all the same to it.
 *
 * <p>An element of C is a chain of fused multiply-adds in ascending k, as in the kernels of the Vector API, so it has
 * the same bits.
 *
 * <p>The compiler of the JVM makes about the same loop of eight rows, but not always: it may leave vectors as objects,
 * and it cannot be told to fetch what comes next.
 *
 * @param functions for 1 to 12 rows, of each that for one vector and that for two
 */
public record Float32Product(List<MemorySegment> functions) {
    /** Rows of a tile. */
    public static final int ROWS = 12;

    /** The most columns of a call. */
    public static final int COLUMNS = 32;

    private static final int VECTORS = 2;
    private static final int LANES = COLUMNS / VECTORS;
    private static final int VECTOR_BYTES = 64;
    private static final int LAST_COLUMNS = 1;
    private static final int FIRST_OF_B = ROWS * VECTORS;
    private static final int OF_A = FIRST_OF_B + VECTORS;
    private static final int IN_FLIGHT = 4;
    private static final int ROWS_OF_POINTER = 3;

    // Where a function keeps its arguments: six that came in registers, two registers that it owes to the caller, the
    // way back, then what the caller left in memory.
    private static final List<Register> IN_REGISTERS =
            List.of(Register.RDI, Register.RSI, Register.RDX, Register.RCX, Register.R8, Register.R9);
    private static final List<Register> OWED = List.of(Register.RBX, Register.RBP);
    private static final int A = 5 * Long.BYTES;
    private static final int B = 4 * Long.BYTES;
    private static final int C = 3 * Long.BYTES;
    private static final int BASE = 2 * Long.BYTES;
    private static final int STRIDE = Long.BYTES;
    private static final int STEPS = 0;
    private static final int IN_MEMORY = 9 * Long.BYTES;
    private static final int A_ROW = IN_MEMORY;
    private static final int A_STEP = IN_MEMORY + Long.BYTES;
    private static final int A_TILE = IN_MEMORY + 2 * Long.BYTES;
    private static final int B_STEP = IN_MEMORY + 3 * Long.BYTES;
    private static final int MASK = IN_MEMORY + 4 * Long.BYTES;
    private static final int CHAIN = IN_MEMORY + 5 * Long.BYTES;
    private static final int TILES = IN_MEMORY + 6 * Long.BYTES;
    private static final int NEXT = IN_MEMORY + 7 * Long.BYTES;
    private static final int NEXT_STEP = IN_MEMORY + 8 * Long.BYTES;
    private static final int ARGUMENTS = IN_REGISTERS.size() + 9;

    private static final MethodHandle CALL = handle();

    /** The product, or nothing and a word why. */
    static Optional<Float32Product> load(Consumer<String> refusal) {
        return MachineCode.load(ROWS, VECTORS, Float32Product::function, refusal).map(Float32Product::new);
    }

    @SuppressWarnings("restricted")
    private static MethodHandle handle() {
        List<ValueLayout> words = Collections.nCopies(ARGUMENTS, ValueLayout.JAVA_LONG);
        // A call lasts microseconds: the thread may skip telling the garbage collector that it leaves Java.
        return Linker.nativeLinker()
                .downcallHandle(
                        FunctionDescriptor.ofVoid(words.toArray(ValueLayout[]::new)), Linker.Option.critical(false));
    }

    /**
     * {@code C = A · B}, with D added to each sum, or with sums that go on from what C holds.
     *
     * @param rows of C, at least 1
     * @param columns of C, in {@code [1, COLUMNS]}
     * @param steps of k, at least 0
     * @param a where A starts
     * @param aRow bytes from an element of A to the one below, within a tile
     * @param aStep bytes from an element of A to the one on its right
     * @param aTile bytes from {@link #ROWS} rows of A to the next as many
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
            int rows,
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
        int vectors = columns > LANES ? VECTORS : 1;
        long mask = TileFunction.mask(columns - (vectors - 1) * LANES);
        int tiles = rows / ROWS;
        int rest = rows - tiles * ROWS;
        // Everybody who multiplies by these columns fetches a little with every step.
        long nextStep = nextBytes / Math.max(1, (long) tiles * steps);
        if (tiles > 0) {
            call(
                    functions.get((ROWS - 1) * VECTORS + vectors - 1),
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
            long done = (long) tiles * ROWS * stride;
            call(
                    functions.get((rest - 1) * VECTORS + vectors - 1),
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

    /** Tiles of so many rows, one below the other, and so many vectors of columns, the last one masked. */
    static byte[] function(int rows, int vectors) {
        Assembler code = new Assembler();
        OWED.forEach(code::push);
        IN_REGISTERS.forEach(code::push);
        code.load(Register.RAX, Register.RSP.at(MASK));
        code.moveMask(LAST_COLUMNS, Register.RAX);
        code.load(Register.RBX, Register.RSP.at(NEXT));
        code.load(Register.RBP, Register.RSP.at(NEXT_STEP));
        Assembler.Label nextTile = new Assembler.Label();
        code.bind(nextTile);
        begin(code, rows, vectors);
        addSteps(code, rows, vectors);
        store(code, rows, vectors);
        code.load(Register.RAX, Register.RSP.at(A));
        code.load(Register.RCX, Register.RSP.at(A_TILE));
        code.add(Register.RAX, Register.RCX);
        code.store(Register.RSP.at(A), Register.RAX);
        code.load(Register.RAX, Register.RSP.at(TILES));
        code.decrement(Register.RAX);
        code.store(Register.RSP.at(TILES), Register.RAX);
        code.jumpIf(Assembler.Condition.NOT_ZERO, nextTile);
        code.add(Register.RSP, IN_REGISTERS.size() * Long.BYTES);
        OWED.reversed().forEach(code::pop);
        code.zeroUpper();
        code.ret();
        return code.code();
    }

    private static void begin(Assembler code, int rows, int vectors) {
        Assembler.Label zeros = new Assembler.Label();
        Assembler.Label begun = new Assembler.Label();
        code.load(Register.RAX, Register.RSP.at(C));
        code.load(Register.R8, Register.RSP.at(STRIDE));
        code.load(Register.RCX, Register.RSP.at(CHAIN));
        code.test(Register.RCX);
        code.jumpIf(Assembler.Condition.ZERO, zeros);
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                code.loadVector(row * vectors + v, Register.RAX.at(v * VECTOR_BYTES), mask(v, vectors));
            }
            code.add(Register.RAX, Register.R8);
        }
        code.jump(begun);
        code.bind(zeros);
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                // Rows of C lie on pages apart, where the hardware does not look ahead.
                code.prefetchForWrite(Register.RAX.at(v * VECTOR_BYTES));
                code.zero(row * vectors + v);
            }
            code.add(Register.RAX, Register.R8);
        }
        code.bind(begun);
    }

    private static void addSteps(Assembler code, int rows, int vectors) {
        Register aRow = Register.RCX;
        Register aStep = Register.RDX;
        Register bStep = Register.R8;
        List<Register> pointers =
                List.of(Register.RDI, Register.R10, Register.R11, Register.RAX)
                        .subList(0, Math.ceilDiv(rows, ROWS_OF_POINTER));
        code.load(aRow, Register.RSP.at(A_ROW));
        code.load(aStep, Register.RSP.at(A_STEP));
        code.load(bStep, Register.RSP.at(B_STEP));
        code.load(Register.RSI, Register.RSP.at(B));
        code.load(pointers.getFirst(), Register.RSP.at(A));
        for (int i = 1; i < pointers.size(); i++) {
            code.move(pointers.get(i), pointers.get(i - 1));
            for (int row = 0; row < ROWS_OF_POINTER; row++) {
                code.add(pointers.get(i), aRow);
            }
        }
        Assembler.Label next = new Assembler.Label();
        Assembler.Label end = new Assembler.Label();
        code.load(Register.R9, Register.RSP.at(STEPS));
        code.test(Register.R9);
        code.jumpIf(Assembler.Condition.ZERO, end);
        code.bind(next);
        for (int v = 0; v < vectors; v++) {
            code.loadVector(FIRST_OF_B + v, Register.RSI.at(v * VECTOR_BYTES));
        }
        if (rows == ROWS) {
            // Fewer rows wait for memory anyway.
            code.prefetch(Register.RBX.at(0));
        }
        for (int row = 0; row < rows; row++) {
            Register pointer = pointers.get(row / ROWS_OF_POINTER);
            int ofA = OF_A + row % IN_FLIGHT;
            int below = row % ROWS_OF_POINTER;
            code.broadcast(ofA, below == 0 ? pointer.at(0) : pointer.plus(aRow, below));
            for (int v = 0; v < vectors; v++) {
                code.addProduct(row * vectors + v, ofA, FIRST_OF_B + v);
            }
        }
        pointers.forEach(pointer -> code.add(pointer, aStep));
        code.add(Register.RSI, bStep);
        code.add(Register.RBX, Register.RBP);
        code.decrement(Register.R9);
        code.jumpIf(Assembler.Condition.NOT_ZERO, next);
        code.bind(end);
    }

    private static void store(Assembler code, int rows, int vectors) {
        Assembler.Label noBase = new Assembler.Label();
        code.load(Register.R8, Register.RSP.at(STRIDE));
        code.load(Register.RCX, Register.RSP.at(BASE));
        code.test(Register.RCX);
        code.jumpIf(Assembler.Condition.ZERO, noBase);
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                int sum = row * vectors + v;
                code.addVector(sum, sum, Register.RCX.at(v * VECTOR_BYTES), mask(v, vectors));
            }
            code.add(Register.RCX, Register.R8);
        }
        code.store(Register.RSP.at(BASE), Register.RCX);
        code.bind(noBase);
        code.load(Register.RAX, Register.RSP.at(C));
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                code.storeVector(Register.RAX.at(v * VECTOR_BYTES), row * vectors + v, mask(v, vectors));
            }
            code.add(Register.RAX, Register.R8);
        }
        code.store(Register.RSP.at(C), Register.RAX);
    }

    private static int mask(int vector, int vectors) {
        return vector == vectors - 1 ? LAST_COLUMNS : Assembler.ALL_LANES;
    }
}
