package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.UnmaskException;
import dev.unmask.train.Collective;
import dev.unmask.train.CollectiveExchange;
import dev.unmask.train.GradientExchange;
import dev.unmask.train.RunConfig;
import dev.unmask.train.data.FolderLock;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;

/** The processes that make a run together: mostly this one alone. Process 0 leads: it alone says and writes things. */
final class Job implements AutoCloseable {
    private static final String STARTED_BY_MPIRUN = "OMPI_COMM_WORLD_SIZE";

    /** Something held until it is closed. */
    interface Held extends AutoCloseable {
        @Override
        void close() throws IOException;
    }

    private final GradientExchange exchange;
    private final PrintStream out = System.out;
    private final PrintStream err = System.err;

    private Job(GradientExchange exchange) {
        this.exchange = exchange;
        if (!leads()) {
            PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
            System.setOut(nowhere);
            System.setErr(nowhere);
        }
    }

    /**
     * Joins the job that this process was started in, if it was.
     *
     * @param sharded whether each process updates a share of the parameters only
     */
    static Job join(boolean sharded) {
        Optional<Collective> found =
                ServiceLoader.load(Collective.Provider.class).stream()
                        .flatMap(provider -> provider.get().join().stream())
                        .findFirst();
        if (found.isEmpty() && System.getenv(STARTED_BY_MPIRUN) != null) {
            throw new InputException(
                    "found a process that mpirun started, but no unmask-mpi on the module path or class path; add it, or"
                            + " start the run without mpirun");
        }
        if (sharded && found.map(Collective::ranks).orElse(1) == 1) {
            throw new InputException(
                    "--shard-optimizer: found one process, expected several to share the optimiser's state; start them"
                            + " by mpirun -np N, or leave it out");
        }
        return new Job(found.<GradientExchange>map(
                        sharded ? CollectiveExchange::sharded : CollectiveExchange::new)
                .orElse(GradientExchange.NONE));
    }

    GradientExchange exchange() {
        return exchange;
    }

    boolean leads() {
        return exchange.rank() == 0;
    }

    /** Process 0 holds the folder for all. */
    Held lock(Path folder) throws IOException {
        if (!leads()) {
            return () -> {};
        }
        FolderLock lock = FolderLock.take(folder);
        return lock::close;
    }

    /** Lets process 0 do something first, which the others may then find done. */
    <T> T inTurn(Callable<T> work) throws Exception {
        if (exchange.ranks() == 1) {
            return work.call();
        }
        if (!leads()) {
            exchange.meet();
            return work.call();
        }
        T done = work.call();
        exchange.meet();
        return done;
    }

    /**
     * Does this process's work. If it fails, all end: the others would wait for it.
     *
     * @return its exit code
     */
    int run(Callable<Integer> work) throws Exception {
        try {
            return work.call();
        } catch (Exception | Error failure) {
            System.setErr(err);
            if (exchange.ranks() > 1) {
                boolean input = failure instanceof UnmaskException || failure instanceof IOException;
                err.printf(
                        Locale.ROOT,
                        "process %d of %d failed, and ends the others: %s%n",
                        exchange.rank(),
                        exchange.ranks(),
                        Printable.message(String.valueOf(input ? failure.getMessage() : failure)));
                if (!input) {
                    failure.printStackTrace(err);
                }
                err.flush();
                exchange.abort(input ? Main.REFUSED : Main.FAULT);
            }
            throw failure;
        }
    }

    /** The configuration of which each process can make an equal part: micro-batches may have to be smaller for it. */
    RunConfig shared(RunConfig config) {
        int ranks = exchange.ranks();
        int batch = config.trainer().batch();
        if (batch % ranks != 0) {
            throw new InputException(
                    "--batch: found "
                            + batch
                            + " sequences of a step for "
                            + ranks
                            + " processes, expected a multiple; use another --batch or another number of processes");
        }
        int micro = config.trainer().microBatch();
        while (batch / ranks % micro != 0) {
            micro--;
        }
        return micro == config.trainer().microBatch()
                ? config
                : config.withTrainer(config.trainer().withMicroBatch(micro));
    }

    @Override
    public void close() {
        if (exchange instanceof CollectiveExchange collective) {
            collective.close();
        }
        System.setOut(out);
        System.setErr(err);
    }
}
