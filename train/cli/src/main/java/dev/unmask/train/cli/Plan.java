package dev.unmask.train.cli;

import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;

import java.io.IOException;

/**
 * What a command would do.
 *
 * @param what a sentence
 * @param memory what it would take
 */
record Plan(String what, MemoryEstimate memory) {
    /** Plans on a dry run, which computes nothing. */
    interface Maker {
        Plan on(DryRun dryRun) throws IOException;
    }
}
