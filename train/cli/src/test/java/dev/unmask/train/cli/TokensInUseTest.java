package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Packing over tokens that a run in another process trains on. */
@Timeout(120)
class TokensInUseTest {
    @TempDir private Path folder;

    private Path text(String name, String line) throws IOException {
        return Files.writeString(folder.resolve(name), line.repeat(400));
    }

    /** Packs another text into a folder while a run trains. */
    private void packWhileTraining(Path tokens, String... training) throws IOException, InterruptedException {
        Path other = text("other.txt", "a dog runs in the garden\n");
        Process run = ChildJvm.start(new ProcessBuilder(ChildJvm.command(training)).redirectErrorStream(true));
        StringBuilder said = new StringBuilder();
        try (BufferedReader lines = run.inputReader(StandardCharsets.UTF_8)) {
            String line = lines.readLine();
            while (line != null && !line.strip().startsWith("saved")) {
                said.append(line).append('\n');
                line = lines.readLine();
            }
            assertTrue(line != null, said.toString());
            byte[] before = Files.readAllBytes(tokens.resolve("tokenizer.json"));
            CommandLineOutcome refused =
                    CommandLineOutcome.of(
                            "data", "--out", tokens.toString(), "--data", other.toString(), "--vocab", "280");
            assertEquals(2, refused.code(), refused.err());
            assertTrue(
                    refused.err()
                            .contains(
                                    tokens + ": found in use by another process, which reads what is there; wait for it"
                                            + " to end, stop it, or name another folder"),
                    refused.err());
            assertArrayEquals(before, Files.readAllBytes(tokens.resolve("tokenizer.json")));
        } finally {
            run.destroyForcibly().waitFor();
        }
        CommandLineOutcome packed =
                CommandLineOutcome.of("data", "--out", tokens.toString(), "--data", other.toString(), "--vocab", "280");
        assertEquals(0, packed.code(), packed.err());
    }

    private String[] training(Path run, String data) {
        return new String[] {
            "train", "--out=" + run, "--data=" + data, "--preset=tiny", "--steps=1000000", "--batch=2", "--length=16",
            "--threads=1", "--set=checkpoint.every=5", "--vocab=300"
        };
    }

    @Test
    void theTokensThatARunHasPackedAreNotPackedOver() throws Exception {
        Path run = folder.resolve("run");
        packWhileTraining(
                run.resolve("data"), training(run, text("text.txt", "the cat sleeps on the mat\n").toString()));
    }

    @Test
    void theTokensThatARunWasGivenAreNotPackedOver() throws Exception {
        Path tokens = folder.resolve("tokens");
        String text = text("text.txt", "the cat sleeps on the mat\n").toString();
        CommandLineOutcome packed =
                CommandLineOutcome.of("data", "--out", tokens.toString(), "--data", text, "--vocab", "300");
        assertEquals(0, packed.code(), packed.err());
        packWhileTraining(tokens, training(folder.resolve("run"), tokens.toString()));
    }
}
