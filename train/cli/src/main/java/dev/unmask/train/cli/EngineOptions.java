package dev.unmask.train.cli;

import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.tensor.program.BackendProvider.Availability.Available;
import dev.unmask.tensor.program.Backends;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Options of every command that computes. */
final class EngineOptions {
    private static final List<String> MACHINE_CODES = List.of("auto", "amx", "avx512", "off");

    /** More than any machine has processors. */
    private static final int MOST_THREADS = 4096;

    @Option(
            names = "--backend",
            paramLabel = "NAME",
            description =
                    "Where to compute: vector (CPU), tornado (GPU) or reference (any JVM, slow); see 'unmask"
                            + " backends'. Default: that of the device, or vector where that one works.")
    private Optional<String> backend = Optional.empty();

    @Option(
            names = "--device",
            paramLabel = "ID",
            defaultValue = "",
            description = "Which device of the backend, as 'unmask backends' lists it: tornado:0:1.")
    private String device;

    @Option(names = "--threads", paramLabel = "N", description = "CPU threads. Default: all processors.")
    private int threads = Runtime.getRuntime().availableProcessors();

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    /** Asked for by a system property, as everything is that only one backend knows. */
    @Option(
            names = "--machine-code",
            paramLabel = "CODE",
            description =
                    "What multiplies bfloat16 on the CPU: auto (default), amx or avx512; or off, for nothing but the Vector"
                            + " API in any precision.")
    private void machineCode(String code) {
        if (!MACHINE_CODES.contains(code)) {
            throw new ParameterException(
                    command.commandLine(), "--machine-code: found " + code + ", expected auto, amx, avx512 or off");
        }
        System.setProperty("unmask.machine-code", code);
    }

    /** CPU threads. */
    int threads() {
        return threads;
    }

    /** Plans the memory of a command on a dry run. */
    interface Planning {
        MemoryEstimate on(DryRun dryRun) throws IOException;
    }

    /** Opens the backend and says on standard error what it is and what slows it down. */
    Backend open() {
        return described(openQuietly());
    }

    /** Plans memory. */
    MemoryEstimate plan(Planning planning) throws IOException {
        try (DryRun dryRun = dryRun()) {
            return planning.on(dryRun);
        }
    }

    /** As {@link #open()}, with room for what is planned. */
    Backend open(Planning planning) throws IOException {
        try (DryRun dryRun = dryRun()) {
            planning.on(dryRun);
            return described(dryRun.open());
        }
    }

    /**
     * As {@link #open(Planning)}, but plans only for a backend that takes memory in advance, and says nothing: what is
     * wrong with the input is to be found first, and then {@link #describe} to be called.
     */
    Backend openQuietly(Planning planning) throws IOException {
        if (Backends.provider(name()).filter(BackendProvider::takesInAdvance).isEmpty()) {
            return openQuietly();
        }
        try (DryRun dryRun = dryRun()) {
            planning.on(dryRun);
            return dryRun.open();
        }
    }

    /** Says on standard error what a backend is and what slows it down. */
    void describe(Backend opened) {
        System.err.println(opened.description());
        if (Backends.provider(name()).map(BackendProvider::probe).orElse(null) instanceof Available found) {
            found.advice().forEach(advice -> System.err.println("  " + advice));
        }
    }

    private Backend described(Backend opened) {
        describe(opened);
        return opened;
    }

    /** Opens the backend. */
    Backend openQuietly() {
        return Backends.open(name(), options());
    }

    private BackendOptions options() {
        Expected.between("--threads", threads, 1, MOST_THREADS);
        return new BackendOptions(threads, device);
    }

    /** Makes what counts the memory that the backend would take. */
    private DryRun dryRun() {
        return Backends.dryRun(name(), options());
    }

    /** The backend asked for, or else the one that the device begins with. */
    private String name() {
        String first = device.contains(":") ? device.substring(0, device.indexOf(':')) : "";
        return backend.or(() -> first.isEmpty() ? Optional.empty() : Backends.provider(first).map(BackendProvider::name))
                .orElseGet(Backends::cpuName);
    }
}
