package dev.unmask.tensor.io;

import dev.unmask.tensor.BFloat16;
import dev.unmask.tensor.Shape;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * A named array as a safetensors file holds it: row-major, contiguous, little-endian.
 *
 * @param name its name in the file
 * @param type the element type
 * @param shape the extents
 * @param data exactly elements × {@link StoredType#bytes()} bytes, at any alignment: read them with unaligned layouts
 */
public record StoredTensor(String name, StoredType type, Shape shape, MemorySegment data) {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Checks that the data are as long as type and shape ask. */
    public StoredTensor {
        Objects.requireNonNull(name);
        long bytes = byteSize(name, type, shape);
        if (data.byteSize() != bytes) {
            throw new SafetensorsException(
                    "tensor "
                            + Quoted.of(name)
                            + ": "
                            + type
                            + shape
                            + " takes "
                            + bytes
                            + " bytes, the data have "
                            + data.byteSize()
                            + " bytes");
        }
    }

    /**
     * Reads the elements as float32 into host memory: F32, F16 and BF16 exactly, F64 rounded to nearest.
     *
     * @param target exactly 4 bytes for each element, native byte order, any alignment
     * @throws SafetensorsException if the type is none of these four, or the target has another length
     */
    public void copyAsFloat32(MemorySegment target) {
        long elements = shape.elements();
        if (target.byteSize() != elements * Float.BYTES) {
            throw new SafetensorsException(
                    "tensor "
                            + Quoted.of(name)
                            + ": "
                            + type
                            + shape
                            + " takes "
                            + elements * Float.BYTES
                            + " bytes as float32, the target has "
                            + target.byteSize()
                            + " bytes");
        }
        switch (type) {
            case F32 -> MemorySegment.copy(data, FLOAT, 0, target, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, elements);
            case BF16 -> {
                for (long i = 0; i < elements; i++) {
                    float value = BFloat16.widen(data.get(SHORT, i * Short.BYTES));
                    target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i * Float.BYTES, value);
                }
            }
            case F16 -> {
                for (long i = 0; i < elements; i++) {
                    float value = Float.float16ToFloat(data.get(SHORT, i * Short.BYTES));
                    target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i * Float.BYTES, value);
                }
            }
            case F64 -> {
                for (long i = 0; i < elements; i++) {
                    float value = (float) data.get(DOUBLE, i * Double.BYTES);
                    target.set(ValueLayout.JAVA_FLOAT_UNALIGNED, i * Float.BYTES, value);
                }
            }
            default ->
                    throw new SafetensorsException(
                            "tensor "
                                    + Quoted.of(name)
                                    + ": stored as "
                                    + type
                                    + ", which is not read as float32; store it as F32, F16, BF16 or F64");
        }
    }

    /**
     * Reads the elements as float32 into a new array: F32, F16 and BF16 exactly, F64 rounded to nearest.
     *
     * @return the elements, row-major
     * @throws SafetensorsException if the type is none of these four, or there are more elements than an array holds
     */
    public float[] floats() {
        long elements = shape.elements();
        if (elements > Integer.MAX_VALUE - 8) {
            throw new SafetensorsException(
                    "tensor "
                            + Quoted.of(name)
                            + ": "
                            + elements
                            + " elements do not fit in an array; read them into a memory segment");
        }
        float[] values = new float[(int) elements];
        copyAsFloat32(MemorySegment.ofArray(values));
        return values;
    }

    static long byteSize(String name, StoredType type, Shape shape) {
        try {
            return Math.multiplyExact(shape.elements(), (long) type.bytes());
        } catch (ArithmeticException e) {
            throw new SafetensorsException(
                    "tensor " + Quoted.of(name) + ": " + type + shape + " takes more bytes than 2^63 - 1");
        }
    }
}
