package dev.unmask.vector.machine;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Panels of int8 multiplied by {@code vpdpbusd}: 8 rows by 3 vectors of sums stay in registers, 24 of 32, as in {@link
 * Avx512Product}. The instruction takes bytes without a sign on one side: those of B have been raised by 128, which the
 * sums begin with less.
 *
 * <p>A function multiplies one group of 8 rows. Groups come before rows, so that a group of B, 12 KiB, stays in the
 * first-level cache.
 */
record VnniProduct(List<MemorySegment> functions) implements Int8Product {
    static final int ROWS = 8;

    private static final int VECTOR_BYTES = 64;
    private static final int LAST_COLUMNS = 1;
    private static final int FIRST_OF_B = ROWS * VECTORS;
    private static final int WORD_OF_A = FIRST_OF_B + VECTORS;
    private static final int WORDS_IN_FLIGHT = 4;

    /** Where the factors of rows go when nothing of A or B is needed any more: 8 registers. */
    private static final int FIRST_FACTOR = FIRST_OF_B;

    /** Where the caller leaves the addresses of what 1 stands for in each row, and of the scales of columns. */
    private static final int FACTORS = TileFunction.MASK_1;

    private static final int SCALES = TileFunction.SCRATCH;

    private static final int CORRECTIONS = PANEL * Float.BYTES;

    /** The product, or nothing and a word why. */
    static Optional<VnniProduct> load(Consumer<String> refusal) {
        return MachineCode.load(ROWS, VECTORS, VnniProduct::function, refusal).map(VnniProduct::new);
    }

    @Override
    public String description() {
        return "AVX512-VNNI";
    }

    @Override
    public long scratchBytes() {
        return 0;
    }

    @Override
    public void multiply(
            int rows,
            int columns,
            int steps,
            long a,
            long b,
            long scales,
            long base,
            long c,
            long stride,
            long scratch) {
        int vectors = Math.ceilDiv(columns, PANEL);
        long mask = TileFunction.mask(columns - (vectors - 1) * PANEL);
        long panelBytes = Int8Product.bytesOfA(steps);
        long addend = base;
        for (int group = 0; group < Int8Product.groups(steps); group++) {
            int blocks = Int8Product.blocksOf(steps, group);
            long groupOfB = b + Int8Product.groupOfB(group);
            for (int i = 0; i < rows; i += ROWS) {
                long groupOfA = a + i / PANEL * panelBytes + Int8Product.groupOfA(group);
                int half = i % PANEL;
                int present = Math.min(ROWS, rows - i);
                TileFunction.call(
                        functions.get((present - 1) * VECTORS + vectors - 1),
                        groupOfA + HEADER_BYTES + (long) half * VECTOR_BYTES,
                        groupOfB,
                        c + i * stride,
                        addend == 0 ? 0 : addend + i * stride,
                        stride,
                        blocks,
                        present,
                        mask,
                        groupOfA + (long) half * Float.BYTES,
                        scales);
            }
            addend = c;
        }
    }

    /** The product for a group of so many rows of one half of a panel, and so many vectors, the last one masked. */
    static byte[] function(int rows, int vectors) {
        VectorAssembler code = new VectorAssembler(VectorSize.ZMM);
        Register[] panels = {TileFunction.B, Register.R10, Register.R11};
        code.move(Register.RAX, TileFunction.BLOCKS);
        code.shiftLeft(Register.RAX, Integer.numberOfTrailingZeros(BLOCK_BYTES));
        for (int v = 1; v < vectors; v++) {
            code.move(panels[v], panels[v - 1]);
            code.add(panels[v], Register.RAX);
        }
        code.load(Register.RAX, Register.RSP.at(TileFunction.MASK_0));
        code.moveMask(LAST_COLUMNS, Register.RAX);
        code.load(Register.RAX, Register.RSP.at(FACTORS));
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                code.broadcast(row * vectors + v, Register.RAX.at(CORRECTIONS + row * Integer.BYTES));
            }
        }
        Assembler.Label nextBlock = new Assembler.Label();
        code.bind(nextBlock);
        for (int word = 0; word < PANEL; word++) {
            addWord(code, rows, vectors, word, panels);
        }
        code.add(TileFunction.A, BLOCK_BYTES);
        for (int v = 0; v < vectors; v++) {
            code.add(panels[v], BLOCK_BYTES);
        }
        code.decrement(TileFunction.BLOCKS);
        code.jumpIf(Assembler.Condition.NOT_ZERO, nextBlock);
        scale(code, rows, vectors);
        store(code, rows, vectors);
        code.zeroUpper();
        code.ret();
        return code.code();
    }

    private static void addWord(VectorAssembler code, int rows, int vectors, int word, Register[] panels) {
        for (int v = 0; v < vectors; v++) {
            code.loadVector(FIRST_OF_B + v, panels[v].at(word * VECTOR_BYTES));
        }
        for (int row = 0; row < rows; row++) {
            int ofA = WORD_OF_A + row % WORDS_IN_FLIGHT;
            code.broadcast(ofA, TileFunction.A.at(row * VECTOR_BYTES + word * Integer.BYTES));
            for (int v = 0; v < vectors; v++) {
                code.dotBytes(row * vectors + v, FIRST_OF_B + v, ofA);
            }
        }
    }

    /** By the scales of columns, then by the factors of rows, with D if there is one. */
    private static void scale(VectorAssembler code, int rows, int vectors) {
        code.load(Register.R10, Register.RSP.at(SCALES));
        for (int row = 0; row < rows; row++) {
            code.broadcast(FIRST_FACTOR + row, Register.RAX.at(row * Float.BYTES));
            for (int v = 0; v < vectors; v++) {
                int sum = row * vectors + v;
                code.toFloats(sum, sum);
                code.multiplyVector(sum, sum, Register.R10.at(v * VECTOR_BYTES), mask(v, vectors));
            }
        }
        Assembler.Label noBase = new Assembler.Label();
        Assembler.Label scaled = new Assembler.Label();
        code.move(Register.RAX, TileFunction.BASE);
        code.test(Register.RAX);
        code.jumpIf(Assembler.Condition.ZERO, noBase);
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                int sum = row * vectors + v;
                code.multiplyAdd(sum, FIRST_FACTOR + row, Register.RAX.at(v * VECTOR_BYTES), mask(v, vectors));
            }
            code.add(Register.RAX, TileFunction.STRIDE);
        }
        code.test(TileFunction.BASE);
        code.jumpIf(Assembler.Condition.NOT_ZERO, scaled);
        code.bind(noBase);
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                int sum = row * vectors + v;
                code.multiplyVector(sum, sum, FIRST_FACTOR + row);
            }
        }
        code.bind(scaled);
    }

    private static void store(VectorAssembler code, int rows, int vectors) {
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                code.storeVector(TileFunction.C.at(v * VECTOR_BYTES), row * vectors + v, mask(v, vectors));
            }
            code.add(TileFunction.C, TileFunction.STRIDE);
        }
    }

    private static int mask(int vector, int vectors) {
        return vector == vectors - 1 ? LAST_COLUMNS : VectorAssembler.ALL_LANES;
    }
}
