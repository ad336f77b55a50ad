package dev.unmask.train.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;

/** {@code unmask experiment}: the experiments of the paper, small. */
@Command(
        description = {
            "Makes an experiment of the paper with masked and autoregressive models side by side, and leaves a folder"
                    + " with every number, plots and report.md.",
            "",
            "All are small unless told otherwise, train several seeds, and go on where they were interrupted."
        },
        subcommands = {
            ScalingCommand.class,
            ReversalCommand.class,
            TemporalCommand.class,
            StepsCommand.class,
            GuidanceCommand.class
        },
        footer = {
            "",
            "Examples:",
            "  unmask experiment scaling",
            "  unmask experiment scaling --budgets 1e12,3e12,1e13 --widths 32,64,96,128 --seeds 5",
            "  unmask experiment scaling --dry-run",
            "  unmask experiment reversal",
            "  unmask experiment temporal --before early-texts --after late-texts",
            "  unmask experiment steps",
            "  unmask experiment guidance"
        })
final class ExperimentCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(), "experiment: which one? one of " + String.join(", ", spec.subcommands().keySet()));
    }
}
