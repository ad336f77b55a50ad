package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** No command writes into a folder that holds what another one has made. */
class OutFolderTest {
    @TempDir private Path folder;

    private String refusal(OutFolder wanted) {
        return assertThrows(InputException.class, () -> wanted.claim(folder)).getMessage();
    }

    @ParameterizedTest
    @EnumSource
    void aNewFolderAndOneThatHoldsTheSameAreTaken(OutFolder wanted) throws IOException {
        wanted.claim(folder.resolve("new"));
        Files.writeString(folder.resolve("notes.txt"), "mine");
        wanted.claim(folder);
        String mark =
                switch (wanted) {
                    case RUN -> "checkpoints";
                    case TOKENS -> "data.json";
                    case RECORDS -> "records.json";
                    case EXPERIMENT -> "settings.json";
                    case DEMO -> "demo.json";
                    case MODEL -> "model.safetensors";
                };
        Files.createFile(folder.resolve(mark));
        assertDoesNotThrow(() -> wanted.claim(folder));
    }

    @Test
    void theTokenizerOfAModelIsNotWrittenOver() throws IOException {
        SavedModel.masked(folder);
        for (OutFolder wanted : new OutFolder[] {OutFolder.TOKENS, OutFolder.RUN, OutFolder.RECORDS, OutFolder.DEMO}) {
            assertTrue(refusal(wanted).startsWith("--out: " + folder + ": found a model in it (config.json), "));
        }
        Path text = Files.writeString(folder.resolve("text.txt"), "the cat sleeps on the mat\n".repeat(50));
        byte[] before = Files.readAllBytes(folder.resolve("tokenizer.json"));
        CommandLineOutcome outcome =
                CommandLineOutcome.of("data", "--data", text.toString(), "--out", folder.toString(), "--vocab", "260");
        assertEquals(2, outcome.code());
        assertTrue(outcome.err().contains("expected a new folder, or packed tokens to go on with"), outcome.err());
        assertEquals(new String(before), Files.readString(folder.resolve("tokenizer.json")));
    }

    @Test
    void recordsAreNotLearntIntoTheFolderOfARun() throws IOException {
        Files.createDirectory(folder.resolve("checkpoints"));
        assertTrue(refusal(OutFolder.RECORDS).contains("found a run in it (checkpoints)"));
        assertTrue(refusal(OutFolder.EXPERIMENT).contains("found a run in it (checkpoints)"));
    }

    @Test
    void aRunMayLieBesideTheTokensThatItIsTrainedOn() throws IOException {
        Files.createFile(folder.resolve("data.json"));
        OutFolder.RUN.claim(folder);
        Files.createDirectory(folder.resolve("checkpoints"));
        OutFolder.TOKENS.claim(folder);
    }
}
