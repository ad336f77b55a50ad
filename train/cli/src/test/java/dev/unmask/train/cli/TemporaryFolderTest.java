package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

class TemporaryFolderTest {
    @TempDir private Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void whatAKilledProcessLeftIsNotThereForTheNext() throws IOException {
        Path left = Files.createDirectories(folder.resolve(".unmask-model/deeper"));
        Files.createFile(left.resolve("half"));
        Files.createFile(left.resolveSibling("variables.index"));
        try (TemporaryFolder work = TemporaryFolder.beside(folder.resolve("model"))) {
            assertEquals(folder.toAbsolutePath().resolve(".unmask-model"), work.path());
            assertFalse(Files.exists(left));
            assertFalse(Files.exists(work.path().resolve("variables.index")));
            Files.createFile(work.path().resolve("variables.index"));
        }
        assertEquals(List.of(), names());
    }

    @Test
    void anImportThatIsRefusedLeavesNothingNorDoesTheOneBeforeItThatWasKilled() throws IOException {
        Files.createFile(Files.createDirectories(folder.resolve(".unmask-model")).resolve("bert.jar"));
        Path jar = folder.resolve("bert.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                ZipOutputStream out = new ZipOutputStream(file)) {
            out.putNextEntry(new ZipEntry("readme.txt"));
        }
        CommandLineOutcome refused =
                CommandLineOutcome.of("import", jar.toString(), folder.resolve("model").toString());
        assertEquals(2, refused.code(), refused.err());
        assertTrue(refused.err().contains(jar + ": found no TensorFlow bundle and vocab.txt in it"), refused.err());
        assertEquals(List.of("bert.jar"), names());
    }
}
