package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;

/** Checks of options, whose messages name them. */
final class Expected {
    /** More texts than any device takes at once. */
    static final int MOST_AT_ONCE = 65_536;

    private static final double LEAST_MINUTES = 0.01;

    /** A week. */
    private static final int MOST_MINUTES = 7 * 24 * 60;

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

    /** For how long a demo may train. */
    static void minutes(double found) {
        if (!(found >= LEAST_MINUTES && found <= MOST_MINUTES)) {
            throw new InputException(
                    "--minutes: found " + found + ", expected " + LEAST_MINUTES + " to " + MOST_MINUTES);
        }
    }
}
