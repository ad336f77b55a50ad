package dev.unmask.train.cli;

import picocli.CommandLine.Option;

/** Options of a run that many processes make. */
final class JobOptions {
    @Option(
            names = "--shard-optimizer",
            description =
                    "Under mpirun -np N: each process holds the optimiser's moments of 1/N of the parameters, updates"
                            + " those, and gives them to the others. The same results, and checkpoints that go on with or"
                            + " without it.")
    private boolean sharded;

    /** Joins the job that this process was started in, if it was. */
    Job join() {
        return Job.join(sharded);
    }
}
