package dev.unmask.model;

import dev.unmask.tensor.UnmaskException;

/** Numbers that were to be saved are not finite: their training has diverged. */
public final class NonFiniteException extends UnmaskException {
    private static final long serialVersionUID = 1L;

    /**
     * An exception that names the number.
     *
     * @param tensor the tensor's name
     * @param position where in it, such as {@code [3, 17]}
     */
    public NonFiniteException(String tensor, String position) {
        super(tensor + " at " + position + " is not a finite number; nothing was saved");
    }
}
