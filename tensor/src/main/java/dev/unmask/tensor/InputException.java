package dev.unmask.tensor;

/**
 * Something that came from outside, a file, an option, a request or a text, is not what it must be. The message is one
 * sentence for the person who gave it: it names the thing, what was found, what was expected and what to do.
 */
public class InputException extends UnmaskException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception with its message.
     *
     * @param message names the thing, what was found, what was expected and what to do
     */
    public InputException(String message) {
        super(message);
    }

    /**
     * An exception with its message and cause.
     *
     * @param message names the thing, what was found, what was expected and what to do
     * @param cause what was thrown below
     */
    public InputException(String message, Throwable cause) {
        super(message, cause);
    }
}
