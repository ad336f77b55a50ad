package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** What inspect passes, other commands can use. */
class InspectCommandTest {
    @TempDir private Path work;

    private CommandLineOutcome inspect(Path model) {
        return CommandLineOutcome.of("inspect", model.toString());
    }

    @Test
    void aWholeModelIsToldWithItsTokenizer() throws IOException {
        CommandLineOutcome outcome = inspect(SavedModel.masked(work.resolve("model")));
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.out().contains("tokenizer.json, 8 tokens"), outcome.out());
        assertTrue(outcome.out().contains("every number is finite"), outcome.out());
    }

    @Test
    void aNumberThatIsNoneIsToldBehindAllElse() throws IOException {
        Path model = SavedModel.masked(work.resolve("model"));
        Path file = model.resolve("model.safetensors");
        byte[] content = Files.readAllBytes(file);
        ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putFloat(content.length - Float.BYTES, Float.NaN);
        Files.write(file, content);
        CommandLineOutcome outcome = inspect(model);
        assertEquals(2, outcome.code());
        assertTrue(outcome.out().contains("memory to run"), outcome.out());
        assertTrue(outcome.err().contains(": found NaN at "), outcome.err());
    }

    @Test
    void aTokenizerThatIsBrokenOrOfMoreTokensIsTold() throws IOException {
        Path model = SavedModel.masked(work.resolve("model"));
        Path tokenizer = model.resolve("tokenizer.json");
        String whole = Files.readString(tokenizer);
        Files.writeString(tokenizer, whole.replace("\"mat\": 7", "\"mat\": 7, \"one\": 8, \"two\": 9"));
        CommandLineOutcome larger = inspect(model);
        assertEquals(2, larger.code());
        assertTrue(larger.err().contains("found 10 tokens, expected at most the 8"), larger.err());
        Files.writeString(tokenizer, whole.substring(0, 40));
        CommandLineOutcome broken = inspect(model);
        assertEquals(2, broken.code());
        assertTrue(broken.err().contains("tokenizer.json: it is not JSON"), broken.err());
        Files.delete(tokenizer);
        CommandLineOutcome none = inspect(model);
        assertEquals(0, none.code(), none.err());
        assertTrue(none.out().contains("tokenizer: none; texts need one"), none.out());
    }

    @Test
    void neitherOfTwoArgumentsWithOneValueIsBlamed() throws IOException {
        String model = SavedModel.masked(work.resolve("model")).toString();
        CommandLineOutcome same = CommandLineOutcome.of("export", model, model, "--family", "llada");
        assertEquals(2, same.code());
        assertTrue(same.err().startsWith(model + ": found "), same.err());
        String within = Path.of(model).resolve("config.json").toString();
        CommandLineOutcome inside = CommandLineOutcome.of("export", model, within, "--family", "llada");
        assertTrue(inside.err().startsWith("DST: " + within + ": found a file"), inside.err());
    }

    @Test
    void aFileOnTheWayToAFolderIsNamed() throws IOException {
        Path file = Files.createFile(work.resolve("mine.txt"));
        String model = SavedModel.masked(work.resolve("model")).toString();
        CommandLineOutcome outcome =
                CommandLineOutcome.of("export", model, file.resolve("x").toString(), "--family", "llada");
        assertEquals(2, outcome.code());
        assertTrue(outcome.err().contains("found " + file + " to be a file, expected a folder"), outcome.err());
        assertFalse(outcome.err().contains("Exception"), outcome.err());
    }
}
