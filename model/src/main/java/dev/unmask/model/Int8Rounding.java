package dev.unmask.model;

import dev.unmask.tensor.Shape;
import dev.unmask.tensor.io.StoredType;
import dev.unmask.tensor.kernel.Int8Gemm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Rounds stored matrices to int8 and back: each row by a scale of its own, by which its largest number becomes 127. */
final class Int8Rounding {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private Int8Rounding() {}

    /** The scales of the rows of a matrix, for which all of it is read. */
    static StoredModel.Data scales(String name, StoredModel.Data matrix) {
        int rows = matrix.shape().rows();
        int columns = matrix.shape().columns();
        MemorySegment scales = Arena.ofAuto().allocate((long) rows * Float.BYTES, Float.BYTES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment row = arena.allocate((long) columns * Float.BYTES, Float.BYTES);
            for (int i = 0; i < rows; i++) {
                Exchange.floats(name, matrix, (long) i * columns, row);
                float largest = 0;
                for (int j = 0; j < columns; j++) {
                    largest = Math.max(largest, Math.abs(row.getAtIndex(FLOAT, j)));
                }
                // A row of nothing but the least numbers would have a scale that is no normal number.
                scales.setAtIndex(FLOAT, i, largest < Int8Gemm.LEAST ? 0 : largest / Int8Gemm.STEPS);
            }
        }
        return new StoredModel.Data(StoredType.F32, Shape.of(rows), List.of(scales));
    }

    /**
     * Rounds numbers that follow each other.
     *
     * @param matrix has them
     * @param scales of its rows
     * @param first which of them all is the first of these
     * @param target int8, as many
     */
    static void round(String name, StoredModel.Data matrix, StoredModel.Data scales, long first, MemorySegment target) {
        long count = target.byteSize();
        int columns = matrix.shape().columns();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment floats = arena.allocate(count * Float.BYTES, Float.BYTES);
            Exchange.floats(name, matrix, first, floats);
            MemorySegment scale = arena.allocate(FLOAT);
            for (long i = 0; i < count; i++) {
                if (i == 0 || (first + i) % columns == 0) {
                    scales.read((first + i) / columns * Float.BYTES, scale);
                }
                double number = (double) floats.getAtIndex(FLOAT, i) / scale.get(FLOAT, 0);
                double integer = Math.clamp(Math.rint(number), -Int8Gemm.STEPS, Int8Gemm.STEPS);
                target.set(ValueLayout.JAVA_BYTE, i, scale.get(FLOAT, 0) == 0 ? 0 : (byte) integer);
            }
        }
    }

    /**
     * What integers stand for.
     *
     * @param matrix has them
     * @param first which of them all is the first of these
     * @param integers that follow each other
     * @param target float32, as many
     */
    static void restore(StoredModel.Data matrix, long first, MemorySegment integers, MemorySegment target) {
        StoredModel.Data scales = matrix.scales().orElseThrow();
        int columns = matrix.shape().columns();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment scale = arena.allocate(FLOAT);
            long row = -1;
            for (long i = 0; i < integers.byteSize(); i++) {
                if ((first + i) / columns != row) {
                    row = (first + i) / columns;
                    scales.read(row * Float.BYTES, scale);
                }
                target.setAtIndex(FLOAT, i, integers.get(ValueLayout.JAVA_BYTE, i) * scale.get(FLOAT, 0));
            }
        }
    }
}
