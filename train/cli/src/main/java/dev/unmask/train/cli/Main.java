package dev.unmask.train.cli;

import dev.unmask.tensor.UnmaskException;

import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The command line: {@code ./unmask demo | train | sample | …}. */
public final class Main {
    /** Done. */
    static final int DONE = 0;

    /** A fault of ours. */
    static final int FAULT = 1;

    /** The user's input was refused. */
    static final int REFUSED = 2;

    /** Ctrl-C kept the command from what it was asked for; by the custom of shells 128 and the signal's number. */
    static final int INTERRUPTED = 130;

    /** What the JVM puts in the place of bytes of an argument that it cannot read: what was meant is lost. */
    private static final String UNREADABLE = "\uFFFD";

    /** What reads no training data, and is to begin at once: the JDK takes a while to find its loggers. */
    private static final Set<String> WITHOUT_DATA =
            Set.of("fill", "sample", "inspect", "backends", "completion", "--version", "-V", "--help", "-h");

    /** The logger of a library that reads data. */
    private static final class LibraryLog {
        /** Kept, as the JDK forgets a logger that nobody holds. */
        private static final Logger LOG = Logger.getLogger("dev.hardwood");

        private LibraryLog() {}

        /** Leaves out the library's word on which instructions it found. */
        static void quieten() {
            LOG.setLevel(Level.WARNING);
        }
    }

    private Main() {}

    /**
     * Runs a command and exits: 0 done, 2 the user's input was refused, 1 a fault of the program, 130 interrupted.
     *
     * @param arguments the command and its options
     */
    public static void main(String[] arguments) {
        // Libraries that write numbers, as the progress bar and the charts do, ask for it.
        Locale.setDefault(Locale.ROOT);
        StandardOutput.install();
        if (arguments.length == 0 || !WITHOUT_DATA.contains(arguments[0])) {
            LibraryLog.quieten();
        }
        int code = run(arguments);
        System.exit(code);
    }

    /** Runs a command and returns its exit code. */
    static int run(String... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            if (arguments[i].contains(UNREADABLE)) {
                System.err.println(
                        "argument "
                                + (i + 1)
                                + ", "
                                + Printable.message(arguments[i])
                                + ": found bytes that are not UTF-8; set the terminal to UTF-8, and start by ./unmask,"
                                + " which reads UTF-8 in any locale");
                return REFUSED;
            }
        }
        return run(UnmaskCommand.commandLine(arguments), arguments);
    }

    /** Runs a command of an object with commands. */
    static int run(Object commands, String... arguments) {
        return run(new CommandLine(commands), arguments);
    }

    /** Runs a command of a command line; an error that is not of memory is thrown on. */
    private static int run(CommandLine commands, String... arguments) {
        int code = FAULT;
        try {
            code =
                    Help.forTerminal(arguments)
                            .applyTo(commands)
                            .setCaseInsensitiveEnumValuesAllowed(true)
                            // A text that begins with @ is a text, not the name of a file of options.
                            .setExpandAtFiles(false)
                            .setExecutionStrategy(parsed -> {
                                OptionCheck.check(parsed);
                                return new CommandLine.RunLast().execute(parsed);
                            })
                            .setParameterExceptionHandler(Main::refuse)
                            .setExecutionExceptionHandler(
                                    Main::report)
                            .execute(arguments);
            System.out.flush();
        } catch (StandardOutput.Unwritable lost) {
            code = lost.report();
        } catch (OutOfMemoryError full) {
            System.err.println(describe(full));
            code = REFUSED;
        } finally {
            // An interrupt waits for this, whatever happened.
            StopSignal.finished(code);
        }
        return code;
    }

    /** The JVM has two memories, each with an option of its own. */
    private static String describe(OutOfMemoryError full) {
        String found = String.valueOf(full.getMessage());
        return "memory ran out: "
                + found
                + (found.contains("heap") || found.contains("GC overhead") || found.contains("array")
                        ? "; the JVM's heap has "
                                + (Runtime.getRuntime().maxMemory() >> 20)
                                + " MiB, give it more, as by UNMASK_JAVA_OPTS=-Xmx"
                                + (Runtime.getRuntime().maxMemory() >> 19)
                                + "m"
                        : "; give what lies outside the heap more by UNMASK_JAVA_OPTS=-XX:MaxDirectMemorySize=…, or"
                                + " make the model, the batch or the length smaller");
    }

    private static int refuse(ParameterException exception, String[] arguments) {
        CommandLine commandLine = exception.getCommandLine();
        commandLine.getErr().println(Printable.message(Refusal.of(exception)));
        commandLine.getErr().println("see: " + commandLine.getCommandSpec().qualifiedName(" ") + " --help");
        return REFUSED;
    }

    private static int report(Exception exception, CommandLine commandLine, ParseResult parsed) {
        if (isInput(exception)) {
            commandLine.getErr().println(Printable.message(NamedOption.in(String.valueOf(describe(exception)), parsed)));
            return REFUSED;
        }
        commandLine
                .getErr()
                .println("unmask failed; this is a fault of the program, please report it with what follows:");
        exception.printStackTrace(commandLine.getErr());
        return FAULT;
    }

    private static boolean isInput(Exception exception) {
        return exception instanceof UnmaskException
                || exception instanceof IOException
                || exception instanceof UncheckedIOException
                || exception instanceof InvalidPathException;
    }

    /** The file that a path goes through as if it were a folder. */
    private static Optional<Path> fileBefore(FileSystemException exception) {
        Path above = exception.getFile() == null ? null : Path.of(exception.getFile()).getParent();
        while (above != null && !Files.exists(above)) {
            above = above.getParent();
        }
        return Optional.ofNullable(above).filter(Files::isRegularFile);
    }

    private static String describe(Exception exception) {
        return switch (exception) {
            case NoSuchFileException e ->
                    e.getFile() + ": not found" + (e.getReason() == null ? "" : ": " + e.getReason());
            case AccessDeniedException e -> e.getFile() + ": permission denied";
            case FileAlreadyExistsException e -> e.getFile() + ": is there already, and is no folder; name another one";
            case InvalidPathException e ->
                    "path: found " + e.getInput() + ", which no file can be called: " + e.getReason();
            case FileSystemException e when fileBefore(e).isPresent() ->
                    e.getFile() + ": found " + fileBefore(e).get() + " to be a file, expected a folder; name another one";
            case UncheckedIOException e -> describe(e.getCause());
            default -> exception.getMessage();
        };
    }
}
