package dev.unmask.tensor;

/** A device has no room for a tensor or a program; the message names it, the sizes, and what to change. */
public final class OutOfDeviceMemoryException extends UnmaskException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception with its message.
     *
     * @param message names the tensor or program, bytes wanted, bytes there are, and what to change
     * @param cause what the device said
     */
    public OutOfDeviceMemoryException(String message, Throwable cause) {
        super(message, cause);
    }
}
