package dev.unmask.train.cli;

/** Something the user asked for is not available on this machine; the message says what to do. */
final class UnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
