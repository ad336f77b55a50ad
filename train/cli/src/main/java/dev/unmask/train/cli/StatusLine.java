package dev.unmask.train.cli;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** The last line of a terminal, which is drawn over, and whatever is printed, which goes above it. */
final class StatusLine {
    /** To the first column, and nothing from there on. */
    private static final String ERASE = "\r\u001b[K";

    private final PrintStream terminal;
    private String shown = "";

    StatusLine(PrintStream terminal) {
        this.terminal = terminal;
    }

    /** Draws a line, narrower than the terminal, in the place of the one before. */
    synchronized void show(String line) {
        terminal.print(ERASE + line);
        terminal.flush();
        shown = line;
    }

    /** Leaves the line where it is; the next thing printed is below it. */
    synchronized void leave() {
        terminal.println();
        terminal.flush();
        shown = "";
    }

    private synchronized void above(byte[] line) {
        terminal.print(ERASE);
        terminal.write(line, 0, line.length);
        terminal.print(shown);
        terminal.flush();
    }

    /** A stream whose lines go above this one. */
    PrintStream stream() {
        return new PrintStream(new Lines(), true, StandardCharsets.UTF_8);
    }

    /** Collects lines. What has no line end yet is held back, and printed with one when the stream is closed. */
    private final class Lines extends OutputStream {
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        @Override
        public synchronized void write(int value) {
            line.write(value);
            if (value == '\n') {
                above(line.toByteArray());
                line.reset();
            }
        }

        @Override
        public synchronized void close() {
            if (line.size() > 0) {
                write('\n');
            }
        }
    }
}
