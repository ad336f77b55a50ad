package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A text that is too short for what is asked is told of with numbers, and with what would do. */
class LittleTextTest {
    @TempDir private Path folder;

    private CommandLineOutcome train(String content, String... options) throws IOException {
        Path text = Files.writeString(folder.resolve("text.txt"), content);
        return CommandLineOutcome.of(
                Stream.concat(
                                Stream.of(
                                        "train",
                                        "--out",
                                        folder.resolve("run").toString(),
                                        "--data",
                                        text.toString(),
                                        "--tokenizer",
                                        "bytes",
                                        "--preset",
                                        "tiny",
                                        "--steps",
                                        "1",
                                        "--set",
                                        "data.validation_fraction=0"),
                                Stream.of(options))
                        .toArray(String[]::new));
    }

    @Test
    void aTextShorterThanOneSequenceIsRefused() throws IOException {
        CommandLineOutcome outcome = train("thirty-six letters and an end of it");
        assertEquals(2, outcome.code(), outcome.err());
        assertTrue(
                outcome.err()
                        .contains(
                                "expected at least the 128 of one sequence; use more text, or a --length of at most"
                                        + " 36"),
                outcome.err());
        assertFalse(Files.exists(folder.resolve("run/checkpoints")));
    }

    @Test
    void aCausalModelNeedsOneTokenMore() throws IOException {
        CommandLineOutcome outcome = train("thirty-six letters and an end of it", "--causal", "--length", "36");
        assertEquals(2, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains("found 36 tokens"), outcome.err());
        assertTrue(outcome.err().contains("the 37 of one sequence; use more text, or a --length of at most 35"));
    }

    @Test
    void aTextShorterThanAStepAndNoValidationAreTold() throws IOException {
        CommandLineOutcome outcome = train("thirty-six letters and an end of it", "--length", "12", "--batch", "4");
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains("has 3 sequences of 12 tokens, fewer than the 4 of a step"), outcome.err());
        assertTrue(outcome.err().contains("found 0 tokens of validation text, expected at least the 12 of one"));
    }

    @Test
    void littleTextThatIsHeldOutIsMeasuredToo() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            lines.append("line number ").append(i).append('\n');
        }
        CommandLineOutcome outcome =
                train(lines.toString(), "--set", "data.validation_fraction=0.1", "--length", "32", "--batch", "64");
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains("validation loss "), outcome.err());
    }

    @Test
    void documentsMayBeLongerThanWhatTheModelWritesAtAValidation() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            String prompt = ("question " + i + " ").repeat(12);
            lines.append("{\"prompt\":\"").append(prompt).append("\",\"completion\":\"answer\"}\n");
        }
        Path text = Files.writeString(folder.resolve("pairs.jsonl"), lines);
        String run = folder.resolve("long").toString();
        CommandLineOutcome outcome =
                CommandLineOutcome.of(
                        ("train --tokenizer bytes --preset tiny --sequences prompt --length 160 --batch 2 --micro-batch 1"
                                        + " --set data.validation_fraction=0.2 --steps 1 --data "
                                        + text
                                        + " --out "
                                        + run)
                                .split(" "));
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(Files.readString(folder.resolve("long/samples.jsonl")).contains("question "), outcome.err());
    }
}
