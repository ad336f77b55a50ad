package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** A command whose results are lost does not end as if it had printed them. */
@Timeout(120)
class UnwritableOutputTest {
    /** Takes some bytes, and no more. */
    private static final class Full extends OutputStream {
        private final int most;
        private final String reason;
        private int taken;

        Full(int most, String reason) {
            this.most = most;
            this.reason = reason;
        }

        @Override
        public void write(int b) throws IOException {
            if (++taken > most) {
                throw new IOException(reason);
            }
        }
    }

    private static CommandLineOutcome run(OutputStream to, String... arguments) {
        return CommandLineOutcome.of(() -> {
            PrintStream before = System.out;
            System.setOut(StandardOutput.print(to, StandardCharsets.UTF_8));
            try {
                return Main.run(arguments);
            } finally {
                System.setOut(before);
            }
        });
    }

    @Test
    void whatIsPrintedArrives() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        assertEquals(0, run(printed, "inspect").code());
        assertTrue(printed.toString(StandardCharsets.UTF_8).lines().count() > 5);
    }

    @Test
    void aFullDiskIsNamedAndRefusesTheCommandWhereverItComes() {
        for (String[] command : new String[][] {{"inspect"}, {"--help"}, {"train", "--help"}, {"backends"}}) {
            for (int most : new int[] {0, 100}) {
                CommandLineOutcome outcome = run(new Full(most, "No space left on device"), command);
                assertEquals(2, outcome.code());
                assertEquals(
                        "standard output: cannot be written: No space left on device", outcome.err().strip());
            }
        }
    }

    @Test
    void aReaderThatHasEnoughEndsTheCommandSilently() {
        CommandLineOutcome outcome = run(new Full(50, "Broken pipe"), "inspect");
        assertEquals(141, outcome.code());
        assertEquals("", outcome.err());
    }

    @Test
    void aCommandThatPrintsOnIsEndedOnce() {
        PrintStream print = StandardOutput.print(new Full(0, "full"), StandardCharsets.UTF_8);
        assertThrows(StandardOutput.Unwritable.class, () -> print.println("one"));
        print.println("two");
        print.flush();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theDeviceThatIsAlwaysFullIsNoticed() throws IOException, InterruptedException {
        Process process =
                ChildJvm.start(
                        new ProcessBuilder(ChildJvm.command("inspect")).redirectOutput(new File("/dev/full")));
        try {
            String said = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertEquals(2, process.waitFor(), said);
            assertTrue(said.contains("standard output: cannot be written: "), said);
        } finally {
            process.destroyForcibly();
        }
    }
}
