package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;

/** Checks of options, whose messages name them. */
final class Expected {
    /** More texts than any device takes at once. */
    static final int MOST_AT_ONCE = 65_536;

    private Expected() {}

    static void atLeast(String option, long found, long least) {
        if (found < least) {
            throw new InputException(option + ": found " + found + ", expected at least " + least);
        }
    }

    static void between(String option, long found, long least, long most) {
        if (found < least || found > most) {
            throw new InputException(option + ": found " + found + ", expected " + least + " to " + most);
        }
    }
}
