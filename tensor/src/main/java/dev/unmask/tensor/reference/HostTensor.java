package dev.unmask.tensor.reference;

import dev.unmask.tensor.BFloat16;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The numbers of a tensor on the host: float64 for F32, BF16 and I8, {@code int} for I32; and how far float32
 * arithmetic may be from each of them.
 */
public final class HostTensor {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    /** Below this a device may flush to zero. */
    static final double SMALLEST = 8 * Float.MIN_NORMAL;

    private final DType dtype;

    /** The elements, unless the dtype is I32. */
    final double[] values;

    /** How far float32 arithmetic may be from each element; zero: not at all. */
    final double[] bounds;

    /** The elements, if the dtype is I32. */
    final int[] ints;

    /**
     * Zeros, exact.
     *
     * @param dtype the element type
     * @param shape the extents
     */
    public HostTensor(DType dtype, Shape shape) {
        int elements = Math.toIntExact(shape.elements());
        boolean integer = dtype == DType.I32;
        this.dtype = dtype;
        this.values = new double[integer ? 0 : elements];
        this.bounds = new double[integer ? 0 : elements];
        this.ints = new int[integer ? elements : 0];
    }

    /**
     * The elements that a tensor has now.
     *
     * @param tensor of any backend, with memory
     * @return a copy
     */
    public static HostTensor of(Tensor tensor) {
        HostTensor copy = new HostTensor(tensor.dtype(), tensor.shape());
        byte[] bytes = new byte[Math.toIntExact(tensor.bytes())];
        tensor.download(MemorySegment.ofArray(bytes));
        copy.read(MemorySegment.ofArray(bytes));
        return copy;
    }

    /**
     * The elements, to read or to change.
     *
     * @return float64; none if the dtype is I32
     */
    public double[] values() {
        return values;
    }

    /**
     * How far float32 arithmetic may be from each element, to read or to change; zero: not at all.
     *
     * @return as many as there are {@link #values()}
     */
    public double[] bounds() {
        return bounds;
    }

    /**
     * The elements, to read or to change.
     *
     * @return integers; none unless the dtype is I32
     */
    public int[] ints() {
        return ints;
    }

    /**
     * Reads all elements.
     *
     * @param source elements of the dtype, native byte order
     */
    public void read(MemorySegment source) {
        switch (dtype) {
            case F32 -> Arrays.setAll(values, i -> source.getAtIndex(FLOAT, i));
            case BF16 -> Arrays.setAll(values, i -> BFloat16.widen(source.getAtIndex(SHORT, i)));
            case I8 -> Arrays.setAll(values, i -> source.get(ValueLayout.JAVA_BYTE, i));
            case I32 -> Arrays.setAll(ints, i -> source.getAtIndex(INT, i));
        }
    }

    /**
     * Writes elements, rounded to the dtype.
     *
     * @param first the first of them
     * @param target as long as they are, native byte order
     */
    public void write(int first, MemorySegment target) {
        int count = (int) (target.byteSize() / dtype.bytes());
        for (int i = 0; i < count; i++) {
            switch (dtype) {
                case F32 -> target.setAtIndex(FLOAT, i, (float) values[first + i]);
                case BF16 -> target.setAtIndex(SHORT, i, BFloat16.bits((float) values[first + i]));
                case I8 -> target.set(ValueLayout.JAVA_BYTE, i, (byte) Math.rint(values[first + i]));
                case I32 -> target.setAtIndex(INT, i, ints[first + i]);
            }
        }
    }

    /**
     * The number of elements.
     *
     * @return how many
     */
    public int size() {
        return Math.max(values.length, ints.length);
    }

    /**
     * Puts the exact result of an element and how far float32 arithmetic may be from it, apart from flushing to zero.
     */
    void put(int index, double value, double bound) {
        values[index] = value;
        bounds[index] = bound + SMALLEST;
    }

    /**
     * The nearest bfloat16 of a float32, stated in arithmetic: the nearest multiple of the last of eight bits, which
     * for subnormal numbers is {@code 2^-133}.
     */
    static double roundToBfloat16(double value) {
        if (!Double.isFinite(value)) {
            return value;
        }
        double unit = Math.scalb(1.0, Math.max(Math.getExponent(value), Float.MIN_EXPONENT) - 7);
        // Beyond the range of float32 it becomes infinite.
        return (float) (Math.rint(value / unit) * unit);
    }
}
