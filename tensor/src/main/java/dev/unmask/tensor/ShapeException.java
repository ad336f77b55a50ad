package dev.unmask.tensor;

/** A kernel was given operands whose shapes or dtypes do not fit; the message names the kernel and the operands. */
public final class ShapeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception with its message.
     *
     * @param message names the kernel, what was found and what was expected
     */
    public ShapeException(String message) {
        super(message);
    }
}
