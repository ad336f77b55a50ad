package dev.unmask.train.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;

/** The root of the command line. */
@Command(
        name = "unmask",
        mixinStandardHelpOptions = true,
        version = "unmask 0.1.0",
        description = "Trains, evaluates and samples masked diffusion language models.",
        scope = ScopeType.INHERIT,
        footer = {"", "Start with:", "  unmask demo"})
final class UnmaskCommand implements Callable<Integer> {
    /** What picocli calls it. */
    private static final Set<String> VERSION = Set.of("-V", "--version");

    /** The only place where a command has its name. */
    private static final Map<String, Class<?>> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("demo", DemoCommand.class);
        COMMANDS.put("data", DataCommand.class);
        COMMANDS.put("experiment", ExperimentCommand.class);
        COMMANDS.put("recipes", RecipesCommand.class);
        COMMANDS.put("records", RecordsCommand.class);
        COMMANDS.put("train", TrainCommand.class);
        COMMANDS.put("sample", SampleCommand.class);
        COMMANDS.put("fill", FillCommand.class);
        COMMANDS.put("serve", ServeCommand.class);
        COMMANDS.put("eval", EvalCommand.class);
        COMMANDS.put("tasks", TasksCommand.class);
        COMMANDS.put("plot", PlotCommand.class);
        COMMANDS.put("inspect", InspectCommand.class);
        COMMANDS.put("import", ImportCommand.class);
        COMMANDS.put("export", ExportCommand.class);
        COMMANDS.put("merge", MergeCommand.class);
        COMMANDS.put("backends", BackendsCommand.class);
        COMMANDS.put("bench", BenchCommand.class);
        COMMANDS.put("parity", ParityCommand.class);
        COMMANDS.put("completion", CompletionCommand.class);
    }

    @Spec private CommandSpec spec;

    /**
     * The command line. Where arguments begin with a command, it has no other, and for the version none: to read all
     * their annotations takes a good part of the time in which a short command is done.
     */
    static CommandLine commandLine(String... arguments) {
        CommandLine root = new CommandLine(new UnmaskCommand());
        String asked = arguments.length == 0 ? "" : arguments[0];
        // The one for completion tells of all.
        boolean one =
                COMMANDS.containsKey(asked) && COMMANDS.get(asked) != CompletionCommand.class
                        || arguments.length == 1 && VERSION.contains(asked);
        COMMANDS.forEach((name, command) -> {
            if (!one || name.equals(asked)) {
                root.addSubcommand(name, command);
            }
        });
        return root;
    }

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(), "unmask: which command? one of " + String.join(", ", spec.subcommands().keySet()));
    }
}
