package dev.unmask.tensor.program;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.program.BackendProvider.Availability;

import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the backends of this machine. */
public final class Backends {
    private static final String FAST = "vector";
    private static final String LAST_RESORT = "reference";
    private static final AtomicBoolean WARNED = new AtomicBoolean();

    private Backends() {}

    /**
     * Every backend on the module or class path, whether it works here or not.
     *
     * @return their providers, that of the backend of last resort behind the others
     */
    public static List<BackendProvider> providers() {
        return found().sorted(Comparator.comparing(provider -> provider.name().equals(LAST_RESORT))).toList();
    }

    /**
     * A backend on the module or class path, whether it works here or not.
     *
     * @param name for example {@code vector}
     * @return its provider, if there is one of that name
     */
    public static Optional<BackendProvider> provider(String name) {
        return found().filter(provider -> provider.name().equals(name)).findFirst();
    }

    /** Finds them one by one: those of modules are known, for others all jars must be looked through. */
    private static Stream<BackendProvider> found() {
        return ServiceLoader.load(BackendProvider.class).stream().map(ServiceLoader.Provider::get);
    }

    /**
     * Opens a backend by name.
     *
     * @param name for example {@code vector}
     * @param options threads and device
     * @return the backend
     * @throws InputException if there is none of that name
     * @throws InputException if it does not work here; the message says why and what to do
     */
    public static Backend open(String name, BackendOptions options) {
        return available(name).open(options);
    }

    /**
     * Makes what counts the memory that a backend would take.
     *
     * @param name for example {@code vector}
     * @param options threads and device
     * @return a dry run
     * @throws InputException if there is none of that name
     * @throws InputException if it does not work here; the message says why and what to do
     */
    public static DryRun dryRun(String name, BackendOptions options) {
        return available(name).dryRun(options);
    }

    private static BackendProvider available(String name) {
        BackendProvider provider =
                provider(name)
                        .orElseThrow(() ->
                                new InputException(
                                        "backend: found "
                                                + name
                                                + ", expected one of "
                                                + providers().stream()
                                                        .map(BackendProvider::name)
                                                        .collect(Collectors.joining(", "))));
        hindrance(provider)
                .ifPresent(hindrance -> {
                    throw new InputException("backend " + name + " is not available: " + hindrance);
                });
        return provider;
    }

    /**
     * Opens the CPU backend with all processors.
     *
     * @return the backend
     */
    public static Backend cpu() {
        return cpu(BackendOptions.defaults());
    }

    /**
     * Opens the CPU backend: {@link #cpuName()}.
     *
     * @param options its threads
     * @return the backend
     */
    public static Backend cpu(BackendOptions options) {
        return open(cpuName(), options);
    }

    /**
     * Which backend computes on the CPU: {@code vector}; or {@code reference}, which works everywhere and is far
     * slower, where that one is missing or cannot work. A warning says so, once, and what to do.
     *
     * @return its name
     */
    public static String cpuName() {
        Optional<String> hindrance =
                provider(FAST)
                        .map(Backends::hindrance)
                        .orElse(Optional.of("it is not there; add unmask-vector-backend to the module or class path"));
        if (hindrance.isEmpty()) {
            return FAST;
        }
        if (!WARNED.getAndSet(true)) {
            System.getLogger(Backends.class.getName())
                    .log(
                            Level.WARNING,
                            "computing hundreds of times slower than this machine can, on backend "
                                    + LAST_RESORT
                                    + ", as backend "
                                    + FAST
                                    + " is not available: "
                                    + hindrance.get());
        }
        return LAST_RESORT;
    }

    private static Optional<String> hindrance(BackendProvider provider) {
        return provider.probe() instanceof Availability.Unavailable missing
                ? Optional.of(missing.reason() + "; " + missing.remedy())
                : Optional.empty();
    }
}
