package dev.unmask.train.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Locale;

/**
 * Standard output that says when it cannot be written: a {@link PrintStream} alone would swallow that, and a command
 * whose results are lost would end as if it had printed them.
 */
final class StandardOutput extends OutputStream {
    /** By the custom of shells 128 and the number of SIGPIPE, which ends other programs silently. */
    static final int CLOSED_PIPE = 141;

    private final OutputStream to;
    private boolean failed;

    /** What ends a command whose output nobody receives; nothing on the way is to catch it as one of its exceptions. */
    static final class Unwritable extends Error {
        private static final long serialVersionUID = 1L;

        Unwritable(IOException cause) {
            super("standard output: cannot be written: " + cause.getMessage(), cause);
        }

        /** Says so, unless who read it has gone; returns the exit code. */
        int report() {
            // In other languages too the system's message has the word.
            if (getMessage().toLowerCase(Locale.ROOT).contains("pipe")) {
                return CLOSED_PIPE;
            }
            System.err.println(getMessage());
            return Main.REFUSED;
        }
    }

    StandardOutput(OutputStream to) {
        this.to = to;
    }

    /** Makes this what {@link System#out} writes to. */
    static void install() {
        Charset charset = System.out.charset();
        System.out.flush();
        System.setOut(print(new FileOutputStream(FileDescriptor.out), charset));
    }

    static PrintStream print(OutputStream to, Charset charset) {
        return new PrintStream(new BufferedOutputStream(new StandardOutput(to)), true, charset);
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        if (failed) {
            return;
        }
        try {
            to.write(bytes, from, length);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    @Override
    public void flush() {
        if (failed) {
            return;
        }
        try {
            to.flush();
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** Thrown once: what is printed while the command ends is lost as well. */
    private Unwritable unwritable(IOException e) {
        failed = true;
        return new Unwritable(e);
    }
}
