package dev.unmask.train.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.IntSupplier;

/**
 * What a command did.
 *
 * @param code its exit code
 * @param out what it printed
 * @param err what it said beside that
 */
record CommandLineOutcome(int code, String out, String err) {
    /** Runs a command in this JVM. */
    static CommandLineOutcome of(String... arguments) {
        return of(() -> Main.run(arguments));
    }

    /** Runs what returns an exit code. */
    static CommandLineOutcome of(IntSupplier command) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (PrintStream newOut = new PrintStream(printed, true, StandardCharsets.UTF_8);
                PrintStream newErr = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            System.setOut(newOut);
            System.setErr(newErr);
            int code = command.getAsInt();
            newOut.flush();
            newErr.flush();
            return new CommandLineOutcome(
                    code, printed.toString(StandardCharsets.UTF_8), said.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }
}
