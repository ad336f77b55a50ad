package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.train.Checkpoint;
import dev.unmask.train.Checkpoints;
import dev.unmask.train.TrainingRun;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Commands in a JVM of their own that is asked to end: what Ctrl-C does. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "a process can only be killed there, not asked to end")
@Timeout(120)
class InterruptTest {
    @TempDir private Path folder;

    /** What a command that was interrupted printed, and its exit code. */
    private record Interrupted(int code, String printed) {}

    private Interrupted interrupt(String atLine, String... arguments) throws IOException, InterruptedException {
        return interrupt(List.of(atLine), arguments);
    }

    /** Runs a command, and interrupts it each time it has printed a line that begins with the next of these. */
    private Interrupted interrupt(List<String> atLines, String... arguments) throws IOException, InterruptedException {
        Process process =
                ChildJvm.start(new ProcessBuilder(ChildJvm.command(arguments)).redirectErrorStream(true));
        StringBuilder printed = new StringBuilder();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            int asked = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                printed.append(line).append('\n');
                if (asked < atLines.size() && line.strip().startsWith(atLines.get(asked))) {
                    asked++;
                    process.toHandle().destroy();
                }
            }
            return new Interrupted(process.waitFor(), printed.toString());
        } finally {
            process.destroyForcibly();
        }
    }

    private long savedStep() throws IOException {
        Path newest = new Checkpoints(TrainingRun.checkpointsIn(folder), 1).latest().orElseThrow();
        return new Checkpoint(newest).step();
    }

    @Test
    void trainingSavesAndSaysHowToGoOn() throws IOException, InterruptedException {
        Path text = Files.writeString(folder.resolve("text.txt"), "the cat sleeps on the mat\n".repeat(400));
        Interrupted run =
                interrupt(
                        "saved",
                        "train",
                        "--out=" + folder,
                        "--data=" + text,
                        "--preset=tiny",
                        "--vocab=300",
                        "--steps=1000000",
                        "--batch=2",
                        "--length=16",
                        "--set=checkpoint.every=5");
        assertEquals(0, run.code(), run.printed());
        long step = savedStep();
        assertTrue(step >= 5 && step < 1_000_000, run.printed());
        String last = "stopped at step " + step + "; go on with: unmask train --out " + folder + " --resume\n";
        assertTrue(run.printed().endsWith(last), run.printed());
    }

    /** A step of thousands of sequences is not over before the second comes. */
    @Test
    void theSecondInterruptEndsAtOnce() throws IOException, InterruptedException {
        Path text = Files.writeString(folder.resolve("text.txt"), "the cat sleeps on the mat\n".repeat(400));
        Interrupted run =
                interrupt(
                        List.of("unigram entropy", "stopping after this step"),
                        "train",
                        "--out=" + folder,
                        "--data=" + text,
                        "--preset=6M",
                        "--vocab=300",
                        "--batch=65536",
                        "--micro-batch=16",
                        "--length=128");
        assertEquals(128 + 15, run.code(), run.printed());
    }

    @Test
    void theDemoSavesAndSaysHowToGoOn() throws IOException, InterruptedException {
        Interrupted run = interrupt("saved", "demo", "--minutes=0.1", "--out=" + folder);
        assertEquals(130, run.code(), run.printed());
        assertTrue(savedStep() > 0);
        String said = "stopped; go on with: unmask demo --out " + folder + "\n";
        assertTrue(run.printed().contains(said), run.printed());
        assertFalse(run.printed().contains("as told"), run.printed());
    }

    @Test
    void theDemoOfDefinitionsSavesSaysHowToGoOnAndShowsNoSamples() throws IOException, InterruptedException {
        Interrupted run = interrupt("saved", "demo", "definitions", "--minutes=0.1", "--out=" + folder);
        assertEquals(130, run.code(), run.printed());
        String last =
                "stopped at step " + savedStep() + "; go on with: unmask demo definitions --out " + folder + "\n";
        assertTrue(run.printed().endsWith(last), run.printed());
        assertFalse(run.printed().contains("Word to definition"), run.printed());
    }
}
