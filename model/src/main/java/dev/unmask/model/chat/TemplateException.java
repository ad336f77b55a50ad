package dev.unmask.model.chat;

import dev.unmask.tensor.InputException;

/** A template cannot be read, or refuses what it was given. */
public final class TemplateException extends InputException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception with its message.
     *
     * @param message what is wrong, as the library or the template itself says it
     */
    public TemplateException(String message) {
        super(message);
    }

    /**
     * An exception with its message and cause.
     *
     * @param message what is wrong, as the library or the template itself says it
     * @param cause what was thrown below
     */
    public TemplateException(String message, Throwable cause) {
        super(message, cause);
    }
}
