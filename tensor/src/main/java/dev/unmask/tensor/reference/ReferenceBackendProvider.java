package dev.unmask.tensor.reference;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.tensor.program.DryRun;

import java.util.List;

/** Finds the backend of last resort, which works in any JVM. */
public final class ReferenceBackendProvider implements BackendProvider {
    /** For {@link java.util.ServiceLoader}. */
    public ReferenceBackendProvider() {}

    @Override
    public String name() {
        return ReferenceBackend.NAME;
    }

    @Override
    public Availability probe() {
        return new Availability.Available(
                List.of("CPU, plain loops of one thread in float64"),
                List.of("this judges the other backends, and is hundreds of times slower: use another one"));
    }

    @Override
    public Backend open(BackendOptions options) {
        require(options);
        return new ReferenceBackend();
    }

    @Override
    public DryRun dryRun(BackendOptions options) {
        require(options);
        return new ReferenceDryRun();
    }

    private static void require(BackendOptions options) {
        if (!options.device().isEmpty() && !options.device().equals("cpu")) {
            throw new InputException(
                    "device: found " + options.device() + ", expected cpu: the reference backend has no other device");
        }
    }
}
