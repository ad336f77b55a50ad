package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code --dry-run}, and what is said where memory was not enough. */
class DryRunCommandsTest {
    /** A model of 1.6 million parameters of which a batch's activations take 96 GiB. */
    private static final List<String> WIDE =
            List.of(
                    "--layers",
                    "1",
                    "--heads",
                    "1",
                    "--width",
                    "8",
                    "--ffn",
                    "65536",
                    "--vocab",
                    "300",
                    "--batch",
                    "64",
                    "--length",
                    "2048",
                    "--runs",
                    "1",
                    "--warmup",
                    "0");

    @Test
    void trainPrintsEachPartAndTouchesNothing(@TempDir Path folder) {
        Path run = folder.resolve("run");
        CommandLineOutcome plan =
                CommandLineOutcome.of("train", "--out", run.toString(), "--preset", "34M", "--batch", "8", "--dry-run");
        assertEquals(0, plan.code(), plan.err());
        for (String part : List.of("weights", "gradients", "moments", "activations", "workspace", "peak", "at most")) {
            assertTrue(plan.out().lines().anyMatch(line -> line.startsWith("  " + part)), plan.out());
        }
        assertTrue(plan.out().contains("memory of training 34M, 8 × 128 tokens at once"), plan.out());
        assertTrue(plan.out().contains("  gradients         253.0 MiB"), plan.out());
        assertTrue(plan.out().lines().anyMatch("  fits"::equals), plan.out());
        assertTrue(plan.out().contains("1,000 steps of 8 sequences of 128 tokens"), plan.out());
        assertTrue(plan.err().contains("measuring a step of one layer and of two …"), plan.err());
        assertFalse(Files.exists(run));
    }

    @Test
    void aTokenizerThatIsThereGivesTheVocabulary() {
        CommandLineOutcome plan =
                CommandLineOutcome.of("train", "--preset", "tiny", "--tokenizer", "bytes", "--dry-run");
        assertEquals(0, plan.code(), plan.err());
        assertTrue(plan.out().contains("  gradients         642.0 KiB"), plan.out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "forward", "sample"})
    void benchPlansWholeModels(String benchCase) {
        CommandLineOutcome plan = CommandLineOutcome.of("bench", benchCase, "--preset", "2121M", "--dry-run");
        assertTrue(plan.out().contains("  weights             8.4 GiB"), plan.out());
        assertTrue(plan.out().contains("  peak "), plan.out());
    }

    @Test
    void aKernelHasNoPlan() {
        CommandLineOutcome plan = CommandLineOutcome.of("bench", "gemm", "--dry-run");
        assertEquals(2, plan.code());
        assertTrue(plan.err().contains("found the case gemm, expected train, forward or sample"), plan.err());
    }

    @Test
    void aPlanThatDoesNotFitSaysWhatToChange() {
        CommandLineOutcome plan = bench("--dry-run");
        assertEquals(2, plan.code());
        assertTrue(
                plan.out().contains("does not fit: planned are 96.0 GiB, of which 96.0 GiB for activations"),
                plan.out());
    }

    @Test
    void runningOutOfMemoryNamesTheProgramTheSumTheLimitAndTheOptions() {
        CommandLineOutcome failed = bench();
        assertEquals(2, failed.code());
        for (String said :
                List.of(
                        "the program of 13 kernels, for 16 temporaries, needs 96.0 GiB",
                        "In all planned are 96.0 GiB",
                        "96.0 GiB for activations",
                        "what the JVM may take outside its heap",
                        "raise -XX:MaxDirectMemorySize",
                        "--batch",
                        "--checkpoint-activations")) {
            assertTrue(failed.err().contains(said), failed.err());
        }
    }

    private static CommandLineOutcome bench(String... more) {
        List<String> arguments = new ArrayList<>(List.of("bench", "forward"));
        arguments.addAll(WIDE);
        arguments.addAll(List.of(more));
        return CommandLineOutcome.of(arguments.toArray(String[]::new));
    }

    @Test
    void aDeviceNamesItsBackend() {
        CommandLineOutcome unknown = CommandLineOutcome.of("train", "--device", "vector:7", "--dry-run");
        assertEquals(2, unknown.code());
        assertTrue(unknown.err().contains("device: found vector:7, expected cpu"), unknown.err());
    }
}
