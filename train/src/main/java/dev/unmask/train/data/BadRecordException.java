package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

/** A record holds no document, while those beside it may: it can be left out. */
final class BadRecordException extends InputException {
    private static final long serialVersionUID = 1;

    BadRecordException(String message) {
        super(message);
    }
}
