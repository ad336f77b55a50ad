package dev.unmask.serve.engine;

import dev.unmask.tensor.UnmaskException;

/** A job that was not taken in, or that was given back undone. */
public final class Refused extends UnmaskException {
    private static final long serialVersionUID = 1L;

    /** Why. */
    public enum Reason {
        /** As many jobs wait as may. */
        QUEUE_FULL,
        /** The engine is being shut down. */
        CLOSING
    }

    private final Reason reason;

    Refused(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /**
     * Why it was refused.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }
}
