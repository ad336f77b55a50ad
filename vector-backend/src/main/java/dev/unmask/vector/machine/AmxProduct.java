package dev.unmask.vector.machine;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Panels multiplied by {@code tdpbf16ps}: 32 × 32 sums in four tiles, two tiles of A, two of B. A step of a block loads
 * four tiles and multiplies four times, so that loads and multiplications keep pace.
 *
 * <p>Tiles are configured and released in every call: between calls the thread carries none of their 8 KiB of state.
 */
record AmxProduct(MemorySegment function) implements BFloat16Product {
    static final int ROWS = 2 * TileFunction.PANEL;
    static final int SCRATCH_BYTES = ROWS * ROWS * Float.BYTES;

    private static final int TILE_ROW = 64;
    private static final int SCRATCH_ROW = 2 * TILE_ROW;
    private static final int SAVED_BYTES = 6 * Long.BYTES;
    private static final int FIRST_COLUMNS = 1;
    private static final int LAST_COLUMNS = 2;

    private static final int CONFIGURATION_BYTES = 64;
    private static final int PALETTE = 1;
    private static final int ROW_BYTES_AT = 16;
    private static final int ROWS_AT = 48;
    private static final int TILES = 8;

    /** The product, or nothing and a word why. */
    static Optional<AmxProduct> load(Consumer<String> refusal) {
        Optional<String> refused = LinuxCalls.requestTiles();
        if (refused.isPresent()) {
            refusal.accept("AMX steps aside, as the system does not let this process use its tiles: " + refused.get());
            return Optional.empty();
        }
        return MachineCode.load(List.of(function(configuration())), refusal)
                .map(functions -> new AmxProduct(functions.get(0)));
    }

    @Override
    public String description() {
        return "AMX";
    }

    @Override
    public int rows() {
        return ROWS;
    }

    @Override
    public int columns() {
        return 2 * PANEL;
    }

    @Override
    public int scratchBytes() {
        return SCRATCH_BYTES;
    }

    @Override
    public void multiply(
            int rows, int columns, int blocks, long a, long b, long base, long c, long stride, long scratch) {
        TileFunction.call(
                function,
                a,
                b,
                c,
                base,
                stride,
                blocks,
                rows,
                TileFunction.mask(columns),
                TileFunction.mask(columns - PANEL),
                scratch);
    }

    /** Eight tiles of 16 rows of 64 bytes, as {@code ldtilecfg} reads it. */
    static MemorySegment configuration() {
        MemorySegment tiles = Arena.global().allocate(CONFIGURATION_BYTES, CONFIGURATION_BYTES);
        tiles.set(ValueLayout.JAVA_BYTE, 0, (byte) PALETTE);
        for (int tile = 0; tile < TILES; tile++) {
            tiles.set(ValueLayout.JAVA_SHORT, ROW_BYTES_AT + 2L * tile, (short) TILE_ROW);
            tiles.set(ValueLayout.JAVA_BYTE, ROWS_AT + (long) tile, (byte) TileFunction.PANEL);
        }
        return tiles;
    }

    /** The product for 32 columns and any number of rows, 32 after 32. */
    static byte[] function(MemorySegment configuration) {
        Register panelBytes = Register.RAX;
        Register tileRow = Register.RBX;
        Register scratchRow = Register.RBP;
        Register rowsLeft = Register.R10;
        Register scratch = Register.R11;
        Register count = Register.R12;
        Register firstOfB = Register.R13;
        Register secondOfB = Register.R14;
        Register secondOfA = Register.R15;
        List<Register> saved =
                List.of(Register.RBX, Register.RBP, Register.R12, Register.R13, Register.R14, Register.R15);

        VectorAssembler code = new VectorAssembler(VectorSize.ZMM);
        saved.forEach(code::push);
        code.move(Register.RAX, configuration.address());
        code.loadTileConfiguration(Register.RAX.at(0));
        code.load(Register.RAX, Register.RSP.at(SAVED_BYTES + TileFunction.MASK_0));
        code.moveMask(FIRST_COLUMNS, Register.RAX);
        code.load(Register.RAX, Register.RSP.at(SAVED_BYTES + TileFunction.MASK_1));
        code.moveMask(LAST_COLUMNS, Register.RAX);
        code.load(rowsLeft, Register.RSP.at(SAVED_BYTES + TileFunction.ROWS));
        code.load(scratch, Register.RSP.at(SAVED_BYTES + TileFunction.SCRATCH));
        code.move(panelBytes, TileFunction.BLOCKS);
        code.shiftLeft(panelBytes, Integer.numberOfTrailingZeros(BLOCK_BYTES));
        code.move(tileRow, TILE_ROW);
        code.move(scratchRow, SCRATCH_ROW);

        Assembler.Label nextRows = new Assembler.Label();
        code.bind(nextRows);
        for (int sum = 0; sum < 4; sum++) {
            code.zeroTile(sum);
        }
        code.move(secondOfA, TileFunction.A);
        code.add(secondOfA, panelBytes);
        code.move(firstOfB, TileFunction.B);
        code.move(secondOfB, TileFunction.B);
        code.add(secondOfB, panelBytes);
        code.move(count, TileFunction.BLOCKS);
        Assembler.Label nextBlock = new Assembler.Label();
        code.bind(nextBlock);
        code.loadTile(4, TileFunction.A.at(0), tileRow);
        code.loadTile(6, firstOfB.at(0), tileRow);
        code.dotTile(0, 4, 6);
        code.loadTile(7, secondOfB.at(0), tileRow);
        code.dotTile(1, 4, 7);
        code.loadTile(5, secondOfA.at(0), tileRow);
        code.dotTile(2, 5, 6);
        code.dotTile(3, 5, 7);
        for (Register operand : List.of(TileFunction.A, secondOfA, firstOfB, secondOfB)) {
            code.add(operand, BLOCK_BYTES);
        }
        code.decrement(count);
        code.jumpIf(Assembler.Condition.NOT_ZERO, nextBlock);
        code.move(TileFunction.A, secondOfA);
        for (int sum = 0; sum < 4; sum++) {
            int offset = sum / 2 * TileFunction.PANEL * SCRATCH_ROW + sum % 2 * TILE_ROW;
            code.storeTile(scratch.at(offset), scratchRow, sum);
        }

        Assembler.Label end = new Assembler.Label();
        Assembler.Label nextRow = new Assembler.Label();
        Assembler.Label noBase = new Assembler.Label();
        Register sums = firstOfB;
        code.move(sums, scratch);
        code.move(count, ROWS);
        code.bind(nextRow);
        code.loadVector(0, sums.at(0));
        code.loadVector(1, sums.at(TILE_ROW));
        code.test(TileFunction.BASE);
        code.jumpIf(Assembler.Condition.ZERO, noBase);
        code.addVector(0, 0, TileFunction.BASE.at(0), FIRST_COLUMNS);
        code.addVector(1, 1, TileFunction.BASE.at(TILE_ROW), LAST_COLUMNS);
        code.add(TileFunction.BASE, TileFunction.STRIDE);
        code.bind(noBase);
        code.storeVector(TileFunction.C.at(0), 0, FIRST_COLUMNS);
        code.storeVector(TileFunction.C.at(TILE_ROW), 1, LAST_COLUMNS);
        code.add(TileFunction.C, TileFunction.STRIDE);
        code.add(sums, SCRATCH_ROW);
        code.decrement(rowsLeft);
        code.jumpIf(Assembler.Condition.ZERO, end);
        code.decrement(count);
        code.jumpIf(Assembler.Condition.NOT_ZERO, nextRow);
        code.test(rowsLeft);
        code.jumpIf(Assembler.Condition.NOT_ZERO, nextRows);
        code.bind(end);
        code.releaseTiles();
        code.zeroUpper();
        saved.reversed().forEach(code::pop);
        code.ret();
        return code.code();
    }
}
