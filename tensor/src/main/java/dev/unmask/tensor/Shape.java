package dev.unmask.tensor;

import java.util.Arrays;

/** The extents of a row-major, contiguous tensor: {@code [B, T, C]} is {@code Shape.of(b, t, c)}. */
public final class Shape {
    /** So that the bytes of any type can be counted too. */
    private static final long MOST_ELEMENTS = Long.MAX_VALUE / Long.BYTES;

    private final int[] extents;
    private final long elements;

    private Shape(int[] extents) {
        long product = 1;
        for (int extent : extents) {
            if (extent < 0) {
                throw new ShapeException("shape " + Arrays.toString(extents) + " has a negative extent");
            }
            if (extent > 0 && product > MOST_ELEMENTS / extent) {
                throw new ShapeException(
                        "shape " + Arrays.toString(extents) + " has more elements than can be counted");
            }
            product *= extent;
        }
        this.extents = extents;
        this.elements = product;
    }

    /**
     * A shape of the given extents, outermost first.
     *
     * @param extents each at least 0
     * @return the shape
     * @throws ShapeException if an extent is negative, or the product of all is too large to be counted in bytes
     */
    public static Shape of(int... extents) {
        return new Shape(extents.clone());
    }

    /**
     * The number of dimensions.
     *
     * @return 0 for a scalar
     */
    public int rank() {
        return extents.length;
    }

    /**
     * One extent.
     *
     * @param dimension from 0; negative counts from the innermost: -1 is the last
     * @return the extent
     */
    public int extent(int dimension) {
        return extents[dimension < 0 ? extents.length + dimension : dimension];
    }

    /**
     * The product of all extents.
     *
     * @return the number of elements
     */
    public long elements() {
        return elements;
    }

    /**
     * The product of all extents but the last: how many rows a kernel sees.
     *
     * @return the number of rows
     * @throws ShapeException if there are more than an {@code int} counts
     */
    public int rows() {
        long rows = 1;
        for (int i = 0; i < extents.length - 1; i++) {
            rows *= extents[i];
        }
        if (rows > Integer.MAX_VALUE) {
            throw new ShapeException("shape " + this + " has " + rows + " rows, expected at most " + Integer.MAX_VALUE);
        }
        return (int) rows;
    }

    /**
     * The last extent: how wide a row is.
     *
     * @return the number of columns; 1 for a scalar
     */
    public int columns() {
        return extents.length == 0 ? 1 : extents[extents.length - 1];
    }

    /**
     * The place of an element in words.
     *
     * @param index its index in row-major order
     * @return for example {@code [3, 17]}
     */
    public String position(long index) {
        long[] at = new long[extents.length];
        long rest = index;
        for (int i = extents.length - 1; i >= 0; i--) {
            at[i] = rest % extents[i];
            rest /= extents[i];
        }
        return Arrays.toString(at);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape that && Arrays.equals(extents, that.extents);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(extents);
    }

    @Override
    public String toString() {
        return Arrays.toString(extents);
    }
}
