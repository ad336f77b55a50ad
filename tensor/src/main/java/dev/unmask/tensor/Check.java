package dev.unmask.tensor;

import java.util.Locale;

/**
 * Refuses operands that do not fit a kernel, naming the kernel.
 *
 * @param kernel the kernel's name in messages
 */
public record Check(String kernel) {
    /**
     * Starts the checks of one kernel.
     *
     * @param kernel the kernel's name
     * @return its checks
     */
    public static Check that(String kernel) {
        return new Check(kernel);
    }

    /**
     * Refuses unless a condition holds.
     *
     * @param holds the condition
     * @param expectation what is expected and what was found, a {@link String#format} pattern
     * @param found the arguments of the pattern
     * @return this
     * @throws ShapeException if the condition does not hold
     */
    public Check is(boolean holds, String expectation, Object... found) {
        if (!holds) {
            throw new ShapeException(kernel + ": " + String.format(Locale.ROOT, expectation, found));
        }
        return this;
    }

    /**
     * Refuses a tensor of another dtype.
     *
     * @param dtype what all operands must have
     * @param operands the operands
     * @return this
     * @throws ShapeException if one has another dtype
     */
    public Check dtype(DType dtype, Tensor... operands) {
        for (Tensor operand : operands) {
            is(operand.dtype() == dtype, "%s is not %s", operand, dtype);
        }
        return this;
    }

    /**
     * Refuses operands that differ in shape.
     *
     * @param first the shape to compare with
     * @param others the operands that must equal it
     * @return this
     * @throws ShapeException if one differs
     */
    public Check sameShape(Tensor first, Tensor... others) {
        for (Tensor other : others) {
            is(first.shape().equals(other.shape()), "shapes of %s and %s differ", first, other);
        }
        return this;
    }

    /**
     * Refuses an operand that does not have a number of elements.
     *
     * @param operand the operand
     * @param elements how many it must have
     * @return this
     * @throws ShapeException if it has another number
     */
    public Check elements(Tensor operand, long elements) {
        return is(operand.shape().elements() == elements, "%s does not have %d elements", operand, elements);
    }

    /**
     * Refuses an operand that does not have a number of rows and columns.
     *
     * @param operand the operand
     * @param rows the product of all extents but the last
     * @param columns the last extent
     * @return this
     * @throws ShapeException if either differs
     */
    public Check matrix(Tensor operand, int rows, int columns) {
        return is(
                operand.shape().rows() == rows && operand.shape().columns() == columns,
                "%s is not %d rows of %d columns",
                operand,
                rows,
                columns);
    }
}
