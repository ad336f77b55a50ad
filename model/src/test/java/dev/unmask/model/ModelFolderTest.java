package dev.unmask.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What lies in a folder that is no model is said, with what to do. */
class ModelFolderTest {
    @TempDir private Path folder;

    private String missing() {
        return assertThrows(NoSuchFileException.class, () -> ModelFolder.open(folder)).getReason();
    }

    @Test
    void anEmptyFolderIsNoModel() {
        assertEquals("no model there: expected a folder with model.safetensors, or a .safetensors file", missing());
    }

    @ParameterizedTest
    @CsvSource({
        "mdm-170M.safetensors, name that file",
        "pytorch_model.bin, convert it",
        "model.gguf, convert it",
    })
    void weightsUnderOtherNamesAreNamedWithWhatToDo(String name, String advice) throws IOException {
        Files.createFile(folder.resolve(name));
        assertTrue(missing().contains("found " + name), missing());
        assertTrue(missing().contains(advice), missing());
    }

    @ParameterizedTest
    @CsvSource({
        "metrics.jsonl, ': found a run that has saved no checkpoint yet, expected one; while it trains wait'",
        "data/tokenizer.json, ': found a run that has saved no checkpoint yet'",
        "checkpoints/.step-00000001.unfinished/config.json, ': found a run that has saved no checkpoint yet'",
        "data.json, ': found packed tokens, expected a model, such as train makes of them by --data '",
        "packing.json, ': found packed tokens, expected a model'",
        "step-00000020/config.json, ': found the checkpoints of a run, expected one of them, such as '",
        ".unfinished, ': found a model that is not all written; wait for the command that writes it'",
    })
    void whatIsNotAModelYetIsToldForWhatItIs(String file, String expected) throws IOException {
        Files.createDirectories(folder.resolve(file).getParent());
        Files.createFile(folder.resolve(file));
        assertTrue(refusal().startsWith(folder + expected), refusal());
    }

    @Test
    void weightsBesideTheMarkOfAnUnfinishedModelAreNotOpened() throws IOException {
        Files.createFile(folder.resolve(".unfinished"));
        Path weights = Files.createFile(folder.resolve(ModelFolder.WEIGHTS));
        String message = assertThrows(InputException.class, () -> ModelFolder.open(weights)).getMessage();
        assertTrue(message.startsWith(folder + ": found a model that is not all written"), message);
    }

    @Test
    void oneOfSeveralFilesOfWeightsIsRefused() throws IOException {
        Path shard = Files.createFile(folder.resolve("model-00001-of-00002.safetensors"));
        String message = assertThrows(InputException.class, () -> ModelFolder.open(shard)).getMessage();
        assertTrue(message.startsWith(shard + ": found one of several files"), message);
    }

    @Test
    void aConfigurationThatIsAnotherFileIsToldForWhatItIs() throws IOException {
        Files.createFile(folder.resolve(ModelFolder.WEIGHTS));
        Path config = folder.resolve("config.json");
        Files.writeString(config, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 242\n");
        assertTrue(refusal().startsWith(config + ": it is a Git-LFS pointer"), refusal());
        Files.writeString(config, "<!doctype html><title>404</title>");
        assertTrue(refusal().startsWith(config + ": it is a web page"), refusal());
        Files.write(config, new byte[] {'{', (byte) 0xE9, '}'});
        assertEquals(config + ": found bytes that are not UTF-8, expected JSON in UTF-8", refusal());
    }

    private String refusal() {
        return assertThrows(InputException.class, () -> ModelFolder.open(folder)).getMessage();
    }
}
