package dev.unmask.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * A handle on numbers that a backend owns: name, element type and shape; row-major and contiguous.
 *
 * <p>The numbers are reached by {@link #upload} and {@link #download}, and otherwise only by the kernels of the backend
 * that made the tensor. A tensor that a {@link Recorder} declared as temporary has memory only inside its {@link
 * Program}.
 */
public abstract class Tensor {
    private final String name;
    private final DType dtype;
    private final Shape shape;

    /**
     * A handle; for backends.
     *
     * @param name what messages call it, for example a parameter's name
     * @param dtype the element type
     * @param shape the extents
     */
    protected Tensor(String name, DType dtype, Shape shape) {
        this.name = Objects.requireNonNull(name);
        this.dtype = Objects.requireNonNull(dtype);
        this.shape = Objects.requireNonNull(shape);
    }

    /**
     * What messages call this tensor.
     *
     * @return the name
     */
    public final String name() {
        return name;
    }

    /**
     * The element type.
     *
     * @return the dtype
     */
    public final DType dtype() {
        return dtype;
    }

    /**
     * The extents.
     *
     * @return the shape
     */
    public final Shape shape() {
        return shape;
    }

    /**
     * The memory that the elements take.
     *
     * @return elements × bytes per element
     */
    public final long bytes() {
        return shape.elements() * dtype.bytes();
    }

    /**
     * Copies all elements from host memory into this tensor.
     *
     * @param source exactly {@link #bytes()} long, native byte order
     * @throws ShapeException if the length differs
     * @throws IllegalStateException if this tensor is temporary and has no memory
     */
    public abstract void upload(MemorySegment source);

    /**
     * Copies all elements of this tensor into host memory.
     *
     * @param target exactly {@link #bytes()} long, native byte order
     * @throws ShapeException if the length differs
     * @throws IllegalStateException if this tensor is temporary and has no memory
     */
    public final void download(MemorySegment target) {
        requireLength(target);
        download(0, target);
    }

    /**
     * Copies elements that follow each other into host memory.
     *
     * @param first the first of them, in row-major order
     * @param target as long as the elements are, native byte order
     * @throws IndexOutOfBoundsException if there are fewer elements
     * @throws ShapeException if the target does not hold whole elements
     * @throws IllegalStateException if this tensor is temporary and has no memory
     */
    public final void download(long first, MemorySegment target) {
        if (target.byteSize() % dtype.bytes() != 0) {
            throw new ShapeException(
                    this
                            + " has elements of "
                            + dtype.bytes()
                            + " bytes, the host buffer has "
                            + target.byteSize()
                            + " bytes");
        }
        Objects.checkFromIndexSize(first, target.byteSize() / dtype.bytes(), shape.elements());
        copyTo(first, target);
    }

    /**
     * Copies elements into host memory; for {@link #download(long, MemorySegment)}, which has checked the operands.
     *
     * @param first the first of them
     * @param target as long as they are
     */
    protected abstract void copyTo(long first, MemorySegment target);

    /**
     * Copies float32 values into this tensor.
     *
     * @param values as many as there are elements
     * @throws ShapeException if the number or the dtype differs
     */
    public final void set(float... values) {
        require(DType.F32);
        upload(MemorySegment.ofArray(values));
    }

    /**
     * Copies 32-bit integers into this tensor.
     *
     * @param values as many as there are elements
     * @throws ShapeException if the number or the dtype differs
     */
    public final void set(int... values) {
        require(DType.I32);
        upload(MemorySegment.ofArray(values));
    }

    /**
     * Copies the elements of a float32 tensor out.
     *
     * @return a new array
     * @throws ShapeException if the dtype is not F32
     */
    public final float[] floats() {
        require(DType.F32);
        float[] values = new float[Math.toIntExact(shape.elements())];
        download(MemorySegment.ofArray(values));
        return values;
    }

    /**
     * Copies the elements of an integer tensor out.
     *
     * @return a new array
     * @throws ShapeException if the dtype is not I32
     */
    public final int[] ints() {
        require(DType.I32);
        int[] values = new int[Math.toIntExact(shape.elements())];
        download(MemorySegment.ofArray(values));
        return values;
    }

    /**
     * Refuses a host buffer of another length; for backends.
     *
     * @param host the buffer to copy from or to
     * @throws ShapeException if it is not {@link #bytes()} long
     */
    protected final void requireLength(MemorySegment host) {
        if (host.byteSize() != bytes()) {
            throw new ShapeException(
                    this + " holds " + bytes() + " bytes, the host buffer has " + host.byteSize() + " bytes");
        }
    }

    private void require(DType expected) {
        if (dtype != expected) {
            throw new ShapeException(this + " was used as " + expected);
        }
    }

    @Override
    public final String toString() {
        return name + " " + dtype + shape;
    }
}
