package dev.unmask.tensor;

/**
 * The root of what Unmask itself throws about the world outside a program: its input, its devices, its training. A
 * wrong call by a programmer is an {@link IllegalArgumentException} or {@link IllegalStateException} as anywhere in
 * Java.
 */
public class UnmaskException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception with its message.
     *
     * @param message names the thing, what was found, what was expected and what to do
     */
    public UnmaskException(String message) {
        super(message);
    }

    /**
     * An exception with its message and cause.
     *
     * @param message names the thing, what was found, what was expected and what to do
     * @param cause what was thrown below
     */
    public UnmaskException(String message, Throwable cause) {
        super(message, cause);
    }
}
