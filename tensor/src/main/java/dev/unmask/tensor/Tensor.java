package dev.unmask.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.Optional;

/**
 * A handle on numbers that a backend owns: name, element type and shape; row-major and contiguous.
 *
 * <p>The numbers are reached by {@link #upload} and {@link #download}, and otherwise only by the kernels of the backend
 * that made the tensor. A tensor that a {@code Recorder} declared as temporary has memory only inside its {@code
 * Program}.
 */
public abstract class Tensor {
    private final Turns turns;
    private final Origin origin;
    private final String name;
    private final DType dtype;
    private final Shape shape;

    /** What the elements of an integer tensor lie within, if it is known. */
    private Optional<IntegerRange> range = Optional.empty();

    /** Which method of a backend made a tensor. */
    public enum Origin {
        /** {@code Backend.allocate}: it has memory of its own. */
        ALLOCATED,
        /** {@code Backend.wrap}: it must only be read. */
        WRAPPED,
        /** {@code Backend.declare}: it has memory only inside its program. */
        DECLARED
    }

    /**
     * A handle; for backends.
     *
     * @param turns who may use the backend that makes it
     * @param origin which of the backend's methods makes it
     * @param name what messages call it, for example a parameter's name
     * @param dtype the element type
     * @param shape the extents
     */
    protected Tensor(Turns turns, Origin origin, String name, DType dtype, Shape shape) {
        this.turns = Objects.requireNonNull(turns);
        this.origin = Objects.requireNonNull(origin);
        this.name = Objects.requireNonNull(name);
        this.dtype = Objects.requireNonNull(dtype);
        this.shape = Objects.requireNonNull(shape);
    }

    /**
     * Which method of its backend made this tensor.
     *
     * @return where its elements are, and whether they may be written
     */
    public final Origin origin() {
        return origin;
    }

    /**
     * Whether this tensor is of a backend.
     *
     * @param others the turns of the backend
     * @return whether it takes its turns there
     */
    public final boolean isOf(Turns others) {
        return turns == others;
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
     * @throws IllegalStateException if this tensor is temporary and has no memory, or wraps memory that must only be
     *     read; if its backend is closed, or in use by another thread
     */
    public final void upload(MemorySegment source) {
        begin("upload to ");
        try {
            if (origin == Origin.WRAPPED) {
                throw new IllegalStateException(
                        this + " wraps memory that must only be read; allocate a tensor to write to");
            }
            requireLength(source);
            MappedFiles.requireThere(this, source);
            range = Optional.empty();
            copyFrom(source);
            if (dtype == DType.I32) {
                range = Optional.of(rangeOf(source));
            }
        } finally {
            turns.end();
        }
    }

    /**
     * Copies all elements from host memory; for {@link #upload}, which has checked the operand.
     *
     * @param source as long as this tensor
     */
    protected abstract void copyFrom(MemorySegment source);

    /**
     * Copies all elements of this tensor into host memory.
     *
     * @param target exactly {@link #bytes()} long, native byte order
     * @throws ShapeException if the length differs
     * @throws IllegalStateException if this tensor is temporary and has no memory; if its backend is closed, or in use
     *     by another thread
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
     * @throws IllegalStateException if this tensor is temporary and has no memory; if its backend is closed, or in use
     *     by another thread
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
        begin("download of ");
        try {
            copyTo(first, target);
        } finally {
            turns.end();
        }
    }

    private void begin(String call) {
        turns.begin(call, this);
        if (origin == Origin.DECLARED) {
            turns.end();
            throw new IllegalStateException(
                    this
                            + " is temporary and has memory only inside its program; copy it to an allocated tensor as"
                            + " the program's last kernel");
        }
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
     * Whether all elements of this integer tensor are at least 0 and below an end. They are looked at once until they
     * change.
     *
     * @param end beyond the largest that may be
     * @return true if there are no elements
     * @throws ShapeException if the dtype is not I32
     */
    public final boolean isBelow(long end) {
        if (range.isEmpty()) {
            range = Optional.of(rangeOf(MemorySegment.ofArray(ints())));
        }
        return range.get().isBelow(end);
    }

    /** Notes that a program has written elements, so that {@link #isBelow} looks at them again; for backends. */
    public final void written() {
        range = Optional.empty();
    }

    private static IntegerRange rangeOf(MemorySegment integers) {
        IntegerRange range = new IntegerRange();
        long bytes = integers.byteSize();
        for (long at = 0; at < bytes; at += Integer.BYTES) {
            range.include(integers.get(ValueLayout.JAVA_INT_UNALIGNED, at));
        }
        return range;
    }

    /**
     * Refuses a host buffer of another length, or one that has been released; for backends.
     *
     * @param host the buffer to copy from or to
     * @throws ShapeException if it is not {@link #bytes()} long
     * @throws IllegalStateException if its memory has been released
     */
    public final void requireLength(MemorySegment host) {
        if (!host.scope().isAlive()) {
            throw new IllegalStateException(this + ": the memory of the host buffer has been released");
        }
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
