package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

class DataCommandTest {
    @TempDir private Path folder;

    private static CommandLineOutcome run(String... arguments) {
        return CommandLineOutcome.of(arguments);
    }

    private String reviews() throws IOException {
        StringBuilder all = new StringBuilder("id,body\n");
        for (int i = 0; i < 200; i++) {
            all.append(i).append(",\"the cat, number ").append(i).append(", sleeps\"\n");
        }
        return Files.writeString(folder.resolve("reviews.csv"), all + "oops\n").toString();
    }

    @Test
    void aColumnOfATableBecomesTokensThatARunTrainsOn() throws IOException {
        String out = folder.resolve("tokens").toString();
        CommandLineOutcome made = run("data", "--out", out, "--data", reviews(), "--field", "body", "--vocab", "300");
        assertEquals(0, made.code(), made.err());
        assertTrue(made.out().contains("1 record without a document, named in"), made.out());
        assertTrue(made.err().contains("reviews.csv, line 202: found 1 values, expected 2"), made.err());
        CommandLineOutcome trained =
                run(
                        "train", "--out", folder.resolve("run").toString(), "--data", out, "--preset", "tiny", "--steps", "2",
                        "--batch", "2", "--length", "16", "--threads", "1");
        assertEquals(0, trained.code(), trained.err());
        CommandLineOutcome resumed =
                run("train", "--out", folder.resolve("run").toString(), "--resume", "--steps", "3", "--threads", "1");
        assertEquals(0, resumed.code(), resumed.err());
    }

    @Test
    void tokensThatAreNotAllPackedAreToldForWhatTheyAre() throws IOException {
        Path half = Files.createDirectories(folder.resolve("half"));
        Files.createFile(half.resolve("packing.json"));
        String model = folder.resolve("model").toString();
        Path text = Files.writeString(folder.resolve("text.txt"), "the cat sleeps on the mat\n".repeat(100));
        CommandLineOutcome trained =
                run(
                        "train", "--out", model, "--data", text.toString(), "--preset", "tiny", "--vocab", "300", "--steps",
                        "1", "--batch", "2", "--length", "16", "--threads", "1");
        assertEquals(0, trained.code(), trained.err());
        for (String[] command : new String[][] {
            {"train", "--out", folder.resolve("run").toString(), "--data", half.toString(), "--steps", "1"},
            {"eval", "--model", model, "--data", half.resolve("validation.tokens").toString()}
        }) {
            CommandLineOutcome refused = run(command);
            assertEquals(2, refused.code(), refused.err());
            assertTrue(
                    refused.err()
                            .contains("found a packing that is not done; wait for it, or go on with it by the command"
                                    + " that began it"),
                    refused.err());
        }
        CommandLineOutcome refused = run("eval", "--model", model, "--data", half.toString());
        assertEquals(2, refused.code(), refused.err());
        assertTrue(refused.err().contains(half + ": found a folder, expected a packed file, such as "), refused.err());
    }

    @Test
    void strictlyTheFirstRecordWithoutADocumentIsRefusedByFileAndLine() throws IOException {
        CommandLineOutcome refused =
                run(
                        "data", "--out", folder.resolve("tokens").toString(), "--data", reviews(), "--field", "body",
                        "--tokenizer", "bytes", "--strict");
        assertEquals(2, refused.code());
        assertTrue(refused.err().contains("reviews.csv, line 202: found 1 values, expected 2"), refused.err());
    }

    @Test
    void aFileOfJsonThatIsNamedIsReadAsRecords() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 100; i++) {
            lines.append("{\"text\": \"the cat, number ").append(i).append("\"}\n");
        }
        Path file = Files.writeString(folder.resolve("pets.json"), lines);
        String out = folder.resolve("tokens").toString();
        CommandLineOutcome made = run("data", "--out", out, "--data", file.toString(), "--tokenizer", "bytes");
        assertEquals(0, made.code(), made.err());
        String lost = folder.resolve("lost").toString();
        Files.writeString(file, "[\n" + lines.toString().replace("}\n{", "},\n{") + "]\n");
        CommandLineOutcome refused = run("data", "--out", lost, "--data", file.toString(), "--tokenizer", "bytes");
        assertEquals(2, refused.code(), refused.err());
        assertTrue(refused.err().contains("pets.json: found an array over several lines, expected one object a line"), refused.err());
        CommandLineOutcome whole =
                run("data", "--out", lost, "--data", file.toString(), "--tokenizer", "bytes", "--documents", "file");
        assertEquals(0, whole.code(), whole.err());
        assertTrue(whole.out().contains("training 1 document of "), whole.out());
    }

    @Test
    void promptsAndAnswersBecomeSequencesOfTheirOwn() throws IOException {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            all.append("{\"prompt\":\"the cat ").append(i).append("\",\"completion\":\" sleeps\"}\n");
        }
        Path text = Files.writeString(folder.resolve("cats.jsonl"), all + "{\"prompt\":\"" + "x".repeat(90) + "\",\"completion\":\"y\"}\n");
        String out = folder.resolve("tokens").toString();
        CommandLineOutcome made =
                run(
                        "data", "--out", out, "--data", text.toString(), "--sequences", "prompt", "--length", "32",
                        "--tokenizer", "bytes", "--validation", "0.2");
        assertEquals(0, made.code(), made.err());
        assertTrue(made.err().contains("cats.jsonl, line 51: found a document of 92 tokens"), made.err());
        CommandLineOutcome tooShort =
                run(
                        "train", "--out", folder.resolve("run").toString(), "--data", out, "--preset", "tiny", "--steps", "2",
                        "--batch", "2", "--length", "8", "--threads", "1");
        assertEquals(2, tooShort.code(), tooShort.err());
        assertTrue(tooShort.err().contains("use a --length of"), tooShort.err());
    }

    @Test
    void filesAreMixedByWeightAndARunOnThemGoesOn() throws IOException {
        String dogs = dogs().toString();
        Path birds = Files.writeString(folder.resolve("birds.jsonl"), "{\"text\":\"a bird sings\"}\n".repeat(40));
        String out = folder.resolve("tokens").toString();
        String run = folder.resolve("run").toString();
        CommandLineOutcome made =
                run(
                        "data", "--out", out, "--data", dogs, birds.toString(), "--weights", "1", "3", "--tokenizer",
                        "bytes");
        assertEquals(0, made.code(), made.err());
        CommandLineOutcome trained =
                run(
                        "train", "--out", run, "--data", out, "--preset", "tiny", "--steps", "4", "--batch", "4", "--length",
                        "16", "--threads", "1", "--samples", "0", "--set", "validation.batches=1", "--set",
                        "validation.draws=1");
        assertEquals(0, trained.code(), trained.err());
        CommandLineOutcome resumed = run("train", "--out", run, "--resume", "--steps", "6", "--threads", "1");
        assertEquals(0, resumed.code(), resumed.err());
    }

    @Test
    void aWeighedFileThatHoldsNothingIsRefusedByItsNumber() throws IOException {
        Path birds = Files.writeString(folder.resolve("birds.jsonl"), "{\"song\":\"a bird sings\"}\n".repeat(40));
        String out = folder.resolve("tokens").toString();
        CommandLineOutcome made =
                run(
                        "data", "--out", out, "--data", dogs().toString(), birds.toString(), "--weights", "1", "3",
                        "--tokenizer", "bytes");
        assertTrue(made.err().contains("40 records were left out"), made.err());
        CommandLineOutcome refused =
                run(
                        "train", "--out", folder.resolve("run").toString(), "--data", out, "--preset", "tiny", "--steps", "2",
                        "--batch", "2", "--length", "16", "--threads", "1");
        assertEquals(2, refused.code(), refused.err());
        assertTrue(refused.err().contains("weights: found source 2 with fewer tokens"), refused.err());
    }

    private Path dogs() throws IOException {
        Path file = folder.resolve("dogs.txt.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("the dog barks at the moon all night\n".repeat(300).getBytes(StandardCharsets.UTF_8));
        }
        return file;
    }
}
