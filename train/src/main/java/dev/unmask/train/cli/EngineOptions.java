package dev.unmask.train.cli;

import dev.unmask.tensor.Backend;
import dev.unmask.tensor.BackendOptions;
import dev.unmask.tensor.BackendProvider;
import dev.unmask.tensor.BackendProvider.Availability.Available;
import dev.unmask.tensor.Backends;

import picocli.CommandLine.Option;

/** Options of every command that computes. */
final class EngineOptions {
    @Option(
            names = "--backend",
            paramLabel = "NAME",
            defaultValue = "vector",
            description =
                    "Where to compute: vector (CPU) or tornado (GPU); see 'unmask backends'. Default:"
                            + " ${DEFAULT-VALUE}.")
    private String backend;

    @Option(names = "--device", paramLabel = "ID", defaultValue = "", description = "Which device of the backend.")
    private String device;

    @Option(names = "--threads", paramLabel = "N", description = "CPU threads. Default: all processors.")
    private int threads = Runtime.getRuntime().availableProcessors();

    /** CPU threads. */
    int threads() {
        return threads;
    }

    /** Opens the backend and says on standard error what it is and what slows it down. */
    Backend open() {
        Backend opened = openQuietly();
        System.err.println(opened.description());
        for (BackendProvider provider : Backends.providers()) {
            if (provider.name().equals(backend) && provider.probe() instanceof Available found) {
                found.advice().forEach(advice -> System.err.println("  " + advice));
            }
        }
        return opened;
    }

    /** Opens the backend. */
    Backend openQuietly() {
        try {
            return Backends.open(backend, new BackendOptions(threads, device));
        } catch (IllegalStateException e) {
            throw new UnavailableException(e.getMessage(), e);
        }
    }
}
