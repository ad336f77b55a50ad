package dev.unmask.tensor;

import dev.unmask.tensor.BackendProvider.Availability;

import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Finds the backends of this machine. */
public final class Backends {
    private Backends() {}

    /**
     * Every backend on the module or class path, whether it works here or not.
     *
     * @return their providers
     */
    public static List<BackendProvider> providers() {
        return ServiceLoader.load(BackendProvider.class).stream().map(ServiceLoader.Provider::get).toList();
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
        List<BackendProvider> providers = providers();
        for (BackendProvider provider : providers) {
            if (provider.name().equals(name)) {
                if (provider.probe() instanceof Availability.Unavailable missing) {
                    throw new InputException(
                            "backend " + name + " is not available: " + missing.reason() + "; " + missing.remedy());
                }
                return provider;
            }
        }
        throw new InputException(
                "backend: found "
                        + name
                        + ", expected one of "
                        + providers.stream().map(BackendProvider::name).collect(Collectors.joining(", ")));
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
     * Opens the CPU backend.
     *
     * @param options its threads
     * @return the backend
     */
    public static Backend cpu(BackendOptions options) {
        return open("vector", options);
    }
}
