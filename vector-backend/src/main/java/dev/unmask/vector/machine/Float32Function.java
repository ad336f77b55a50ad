package dev.unmask.vector.machine;

import java.util.List;

/**
 * The code that multiplies float32: {@code void (a, b, c, base, stride, steps, aRow, aStep, aTile, bStep, mask, chain,
 * tiles, next, nextStep)}, all words of 64 bits, as the System V calling convention passes them; see {@link
 * Float32Product#multiply}. It computes tiles one below the other, with columns of up to {@link #VECTORS} vectors.
 *
 * <p>A step of k loads the vectors of B and an element of A for each row into all lanes. With 512 bits that is 14 loads
 * for 24 fused multiply-adds, whose sums take 24 of 32 registers; with 256 it is 8 for 12, in 12 of 16.
 *
 * @param size of vectors
 * @param rows of a tile, in {@code [1, mostRows(size)]}
 * @param vectors of columns, in {@code [1, VECTORS]}
 * @param masked whether the mask tells which columns of the last vector there are; else there are all
 */
record Float32Function(VectorSize size, int rows, int vectors, boolean masked) {
    /** The most vectors of columns. */
    static final int VECTORS = 2;

    /** How many words it takes. */
    static final int ARGUMENTS = 15;

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

    /** The most rows of a tile: as many as leave registers for a row of B and for two or more elements of A. */
    static int mostRows(VectorSize size) {
        return switch (size) {
            case YMM -> 6;
            case ZMM -> 12;
        };
    }

    private int firstOfB() {
        return mostRows(size) * VECTORS;
    }

    private int ofA(int row) {
        int first = firstOfB() + VECTORS;
        return first + row % Math.min(4, size.registers() - first);
    }

    /** Where no row of B is held now. */
    private int spare() {
        return firstOfB();
    }

    /** The mask of a vector's columns. */
    private int maskOf(int vector) {
        if (!masked || vector < vectors - 1) {
            return VectorAssembler.ALL_LANES;
        }
        return switch (size) {
            case YMM -> firstOfB() + 1;
            case ZMM -> 1;
        };
    }

    byte[] code() {
        VectorAssembler code = new VectorAssembler(size);
        OWED.forEach(code::push);
        IN_REGISTERS.forEach(code::push);
        code.load(Register.RBX, Register.RSP.at(NEXT));
        code.load(Register.RBP, Register.RSP.at(NEXT_STEP));
        Assembler.Label nextTile = new Assembler.Label();
        code.bind(nextTile);
        begin(code);
        addSteps(code);
        store(code);
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

    private void loadMask(VectorAssembler code) {
        if (masked) {
            code.load(Register.RDX, Register.RSP.at(MASK));
            switch (size) {
                case YMM -> code.loadVector(maskOf(vectors - 1), Register.RDX.at(0));
                case ZMM -> code.moveMask(maskOf(vectors - 1), Register.RDX);
            }
        }
    }

    private void begin(VectorAssembler code) {
        Assembler.Label zeros = new Assembler.Label();
        Assembler.Label begun = new Assembler.Label();
        code.load(Register.RAX, Register.RSP.at(C));
        code.load(Register.R8, Register.RSP.at(STRIDE));
        code.load(Register.RCX, Register.RSP.at(CHAIN));
        code.test(Register.RCX);
        code.jumpIf(Assembler.Condition.ZERO, zeros);
        loadMask(code);
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                code.loadVector(row * vectors + v, Register.RAX.at(v * size.bytes()), maskOf(v));
            }
            code.add(Register.RAX, Register.R8);
        }
        code.jump(begun);
        code.bind(zeros);
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                // Rows of C lie on pages apart, where the hardware does not look ahead.
                code.prefetchForWrite(Register.RAX.at(v * size.bytes()));
                code.zero(row * vectors + v);
            }
            code.add(Register.RAX, Register.R8);
        }
        code.bind(begun);
    }

    private void addSteps(VectorAssembler code) {
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
            code.loadVector(firstOfB() + v, Register.RSI.at(v * size.bytes()));
        }
        if (rows == mostRows(size)) {
            // Fewer rows wait for memory anyway.
            code.prefetch(Register.RBX.at(0));
        }
        for (int row = 0; row < rows; row++) {
            Register pointer = pointers.get(row / ROWS_OF_POINTER);
            int below = row % ROWS_OF_POINTER;
            code.broadcast(ofA(row), below == 0 ? pointer.at(0) : pointer.plus(aRow, below));
            for (int v = 0; v < vectors; v++) {
                code.addProduct(row * vectors + v, ofA(row), firstOfB() + v);
            }
        }
        pointers.forEach(pointer -> code.add(pointer, aStep));
        code.add(Register.RSI, bStep);
        code.add(Register.RBX, Register.RBP);
        code.decrement(Register.R9);
        code.jumpIf(Assembler.Condition.NOT_ZERO, next);
        code.bind(end);
    }

    private void store(VectorAssembler code) {
        Assembler.Label noBase = new Assembler.Label();
        loadMask(code);
        code.load(Register.R8, Register.RSP.at(STRIDE));
        code.load(Register.RCX, Register.RSP.at(BASE));
        code.test(Register.RCX);
        code.jumpIf(Assembler.Condition.ZERO, noBase);
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                int sum = row * vectors + v;
                code.loadVector(spare(), Register.RCX.at(v * size.bytes()), maskOf(v));
                code.addVector(sum, sum, spare());
            }
            code.add(Register.RCX, Register.R8);
        }
        code.store(Register.RSP.at(BASE), Register.RCX);
        code.bind(noBase);
        code.load(Register.RAX, Register.RSP.at(C));
        for (int row = 0; row < rows; row++) {
            for (int v = 0; v < vectors; v++) {
                code.storeVector(Register.RAX.at(v * size.bytes()), row * vectors + v, maskOf(v));
            }
            code.add(Register.RAX, Register.R8);
        }
        code.store(Register.RSP.at(C), Register.RAX);
    }
}
