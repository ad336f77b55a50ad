package dev.unmask.model;

import dev.unmask.tensor.InputException;

/** A checkpoint does not hold what was saved, or not what one step leaves. */
public final class DamagedCheckpointException extends InputException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception that names the file.
     *
     * @param message names the file, what was found and what was expected
     */
    public DamagedCheckpointException(String message) {
        super(message);
    }

    /**
     * An exception that names the file.
     *
     * @param message names the file, what was found and what was expected
     * @param cause what was thrown below
     */
    public DamagedCheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
