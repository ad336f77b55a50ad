package dev.unmask.tornado;

import dev.unmask.tensor.InputException;

/**
 * When programs go over to task graphs of several kernels.
 *
 * @param after runs of a program before that; graphs take seconds to compile, so few runs are not worth them
 * @param captured whether such a graph becomes a CUDA graph
 */
record GraphOptions(long after, boolean captured) {
    /** The flag for the number of runs. */
    static final String AFTER = "unmask.tornado.graphs.after";

    /** The flag for CUDA graphs. */
    static final String CAPTURED = "unmask.tornado.cudagraphs";

    private static final long DEFAULT = 200;
    private static final String NEVER = "never";

    /**
     * What the flags say.
     *
     * @throws InputException if one of them says nothing that it should
     */
    static GraphOptions fromFlags() {
        String after = System.getProperty(AFTER, Long.toString(DEFAULT));
        if (!after.equals(NEVER) && !after.matches("\\d{1,18}")) {
            throw new InputException("-D" + AFTER + ": found " + after + ", expected a number of runs, or " + NEVER);
        }
        String captured = System.getProperty(CAPTURED, "false");
        if (!captured.equals("true") && !captured.equals("false")) {
            throw new InputException("-D" + CAPTURED + ": found " + captured + ", expected true or false");
        }
        return new GraphOptions(
                after.equals(NEVER) ? Long.MAX_VALUE : Long.parseLong(after), Boolean.parseBoolean(captured));
    }
}
