package dev.unmask.tensor.io;

import dev.unmask.tensor.InputException;

import java.nio.file.Path;

/**
 * A safetensors file is not what its format or its reader asks for; the message names the file or tensor, what was
 * found, what was expected and what to do. A disk that fails is an {@link java.io.IOException} instead.
 */
public final class SafetensorsException extends InputException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception with its message.
     *
     * @param message names the file or tensor, what was found, what was expected and what to do
     */
    public SafetensorsException(String message) {
        super(message);
    }

    SafetensorsException(Path file, String finding) {
        super(file + ": " + finding);
    }
}
