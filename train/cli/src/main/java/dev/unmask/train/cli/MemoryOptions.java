package dev.unmask.train.cli;

import dev.unmask.tensor.OutOfDeviceMemoryException;
import dev.unmask.train.MemoryEstimate;

import picocli.CommandLine.Option;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;

/** The option that plans memory, and what a command says when there was not enough. */
final class MemoryOptions {
    @Option(
            names = "--dry-run",
            description =
                    "Print what would be computed and what it would take of the device's memory, and exit without"
                            + " computing: 0 if it fits, 2 if not.")
    private boolean dryRun;

    /** Whether to plan instead of computing. */
    boolean dryRun() {
        return dryRun;
    }

    /** Prints a plan; returns the exit code. */
    static int print(String title, MemoryEstimate estimate) {
        System.out.println(title);
        estimate.lines().forEach(line -> System.out.println("  " + line));
        return estimate.use().fits() ? Main.DONE : Main.REFUSED;
    }

    /** Plans on a dry run and prints the plan; returns the exit code. */
    static int print(EngineOptions engine, Plan.Maker maker) throws IOException {
        AtomicReference<String> what = new AtomicReference<>("");
        MemoryEstimate estimate =
                engine.plan(dryRun -> {
                    Plan plan = maker.on(dryRun);
                    what.set(plan.what());
                    return plan.memory();
                });
        return print(what.get(), estimate);
    }

    /** Computes, and adds the plan as a whole to the message if there was no room. */
    static int run(Callable<Integer> computation, Callable<MemoryEstimate> plan) throws Exception {
        try {
            return computation.call();
        } catch (OutOfDeviceMemoryException e) {
            throw new OutOfDeviceMemoryException(e.getMessage() + ". In all " + plan.call().advice(), e);
        }
    }
}
