package dev.unmask.vector.machine;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Panels multiplied by {@code vdpbf16ps}: 8 rows by 3 vectors of sums stay in registers, 24 of 32.
 *
 * <p>A step loads 3 vectors of B, and for each of 8 rows a pair of A into all lanes: 11 loads for 24 multiplications of
 * two cycles' worth of ports, so the loads never hold it up.
 */
record Avx512Product(List<MemorySegment> functions) implements BFloat16Product {
    static final int ROWS = 8;
    static final int VECTORS = 3;

    private static final int LANE_BYTES = 4;
    private static final int VECTOR_BYTES = 64;
    private static final int LAST_COLUMNS = 1;
    private static final int FIRST_OF_B = ROWS * VECTORS;
    private static final int PAIR_OF_A = FIRST_OF_B + VECTORS;
    private static final int PAIRS_IN_FLIGHT = 4;

    /** The product, or nothing and a word why. */
    static Optional<Avx512Product> load(Consumer<String> refusal) {
        return MachineCode.load(ROWS, VECTORS, Avx512Product::function, refusal).map(Avx512Product::new);
    }

    @Override
    public String description() {
        return "AVX512-BF16";
    }

    @Override
    public int rows() {
        return PANEL;
    }

    @Override
    public int columns() {
        return VECTORS * PANEL;
    }

    @Override
    public int scratchBytes() {
        return 0;
    }

    @Override
    public void multiply(
            int rows, int columns, int blocks, long a, long b, long base, long c, long stride, long scratch) {
        int vectors = Math.ceilDiv(columns, PANEL);
        long mask = TileFunction.mask(columns - (vectors - 1) * PANEL);
        long half = a;
        long toNextHalf = (long) ROWS * VECTOR_BYTES;
        for (int i = 0; i < rows; i += ROWS) {
            int present = Math.min(ROWS, rows - i);
            TileFunction.call(
                    functions.get((present - 1) * VECTORS + vectors - 1),
                    half,
                    b,
                    c + i * stride,
                    base == 0 ? 0 : base + i * stride,
                    stride,
                    blocks,
                    present,
                    mask,
                    0,
                    scratch);
            half += toNextHalf;
            // The second half of a panel begins within its first block, the next panel after the last block.
            toNextHalf = (long) blocks * BLOCK_BYTES - toNextHalf;
        }
    }

    /** The product for so many rows of one half of a panel, and so many panels of columns, the last one masked. */
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
        prefetch(code, rows, vectors);
        for (int sum = 0; sum < rows * vectors; sum++) {
            code.zero(sum);
        }
        Assembler.Label nextBlock = new Assembler.Label();
        code.bind(nextBlock);
        for (int pair = 0; pair < PANEL; pair++) {
            addPair(code, rows, vectors, pair, panels);
        }
        code.add(TileFunction.A, BLOCK_BYTES);
        for (int v = 0; v < vectors; v++) {
            code.add(panels[v], BLOCK_BYTES);
        }
        code.decrement(TileFunction.BLOCKS);
        code.jumpIf(Assembler.Condition.NOT_ZERO, nextBlock);
        store(code, rows, vectors);
        code.zeroUpper();
        code.ret();
        return code.code();
    }

    /** Rows of C lie on pages apart, where the hardware does not look ahead. */
    private static void prefetch(VectorAssembler code, int rows, int vectors) {
        code.move(Register.RAX, TileFunction.C);
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                code.prefetchForWrite(Register.RAX.at(v * VECTOR_BYTES));
            }
            code.add(Register.RAX, TileFunction.STRIDE);
        }
    }

    private static void addPair(VectorAssembler code, int rows, int vectors, int pair, Register[] panels) {
        for (int v = 0; v < vectors; v++) {
            code.loadVector(FIRST_OF_B + v, panels[v].at(pair * VECTOR_BYTES));
        }
        for (int row = 0; row < rows; row++) {
            int ofA = PAIR_OF_A + row % PAIRS_IN_FLIGHT;
            code.broadcast(ofA, TileFunction.A.at(row * VECTOR_BYTES + pair * LANE_BYTES));
            for (int v = 0; v < vectors; v++) {
                code.dotBfloat16(row * vectors + v, ofA, FIRST_OF_B + v);
            }
        }
    }

    private static void store(VectorAssembler code, int rows, int vectors) {
        Assembler.Label noBase = new Assembler.Label();
        code.test(TileFunction.BASE);
        code.jumpIf(Assembler.Condition.ZERO, noBase);
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                int sum = row * vectors + v;
                code.addVector(sum, sum, TileFunction.BASE.at(v * VECTOR_BYTES), mask(v, vectors));
            }
            code.add(TileFunction.BASE, TileFunction.STRIDE);
        }
        code.bind(noBase);
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
