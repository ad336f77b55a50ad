package dev.unmask.train.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

import java.util.concurrent.Callable;

/** The root of the command line. */
@Command(
        name = "unmask",
        mixinStandardHelpOptions = true,
        version = "unmask 0.1.0",
        description = "Trains, evaluates and samples masked diffusion language models.",
        scope = ScopeType.INHERIT,
        subcommands = {
            DemoCommand.class,
            DataCommand.class,
            ExperimentCommand.class,
            RecipesCommand.class,
            RecordsCommand.class,
            TrainCommand.class,
            SampleCommand.class,
            FillCommand.class,
            ServeCommand.class,
            EvalCommand.class,
            TasksCommand.class,
            PlotCommand.class,
            InspectCommand.class,
            ImportCommand.class,
            ExportCommand.class,
            MergeCommand.class,
            BackendsCommand.class,
            BenchCommand.class,
            ParityCommand.class,
            CompletionCommand.class
        },
        footer = {"", "Start with:", "  unmask demo"})
final class UnmaskCommand implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(), "unmask: which command? one of " + String.join(", ", spec.subcommands().keySet()));
    }
}
