package dev.unmask.tornado;

import dev.unmask.tensor.InputException;

/**
 * When programs go over to task graphs of several kernels.
 *
 * @param after runs of a program before that; graphs take seconds to compile, so few runs are not worth them
 */
record GraphOptions(long after) {
    /** The flag for the number of runs. */
    static final String AFTER = "unmask.tornado.graphs.after";

    private static final long DEFAULT = 200;
    private static final String NEVER = "never";

    /**
     * What the flag says.
     *
     * @throws InputException if it says nothing that it should
     */
    static GraphOptions fromFlag() {
        String after = System.getProperty(AFTER, Long.toString(DEFAULT));
        if (!after.equals(NEVER) && !after.matches("\\d{1,18}")) {
            throw new InputException("-D" + AFTER + ": found " + after + ", expected a number of runs, or " + NEVER);
        }
        return new GraphOptions(after.equals(NEVER) ? Long.MAX_VALUE : Long.parseLong(after));
    }
}
