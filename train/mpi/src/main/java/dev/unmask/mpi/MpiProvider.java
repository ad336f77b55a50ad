package dev.unmask.mpi;

import dev.unmask.tensor.InputException;
import dev.unmask.train.Collective;

import java.util.Map;
import java.util.Optional;

/** Joins the job of a process that Open MPI's {@code mpirun} has started; others are none of its business. */
public final class MpiProvider implements Collective.Provider {
    /** What {@code mpirun} tells its processes. */
    private static final String SIZE = "OMPI_COMM_WORLD_SIZE";

    private final Map<String, String> environment;

    /** Looks into the environment of this process. */
    public MpiProvider() {
        this(System.getenv());
    }

    MpiProvider(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Optional<Collective> join() {
        if (!environment.containsKey(SIZE)) {
            return Optional.empty();
        }
        try {
            return Optional.of(MpiCollective.join(OpenMpi.load()));
        } catch (IllegalCallerException e) {
            throw new InputException(
                    "MPI: this JVM does not let native code be called; start it with --illegal-native-access=allow or"
                            + " --enable-native-access=dev.unmask.mpi",
                    e);
        }
    }
}
