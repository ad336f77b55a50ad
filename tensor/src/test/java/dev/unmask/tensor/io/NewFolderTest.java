package dev.unmask.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Folders that hold all that was to be written, or nothing. */
class NewFolderTest {
    @TempDir private Path parent;

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> content = Files.list(folder)) {
            return content.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    private static String refusal(Path folder) {
        return assertThrows(InputException.class, () -> NewFolder.write(folder, () -> {})).getMessage();
    }

    @Test
    void aFolderIsMadeWithWhatIsWrittenIntoIt() throws IOException {
        Path folder = parent.resolve("a").resolve("b");
        NewFolder.write(folder, () -> Files.writeString(folder.resolve("x"), "1"));
        assertEquals(List.of("x"), files(folder));
    }

    @Test
    void whatFailsLeavesNoFolderWhereNoneWasAndAnEmptyOneWhereOneWas() throws IOException {
        Path made = parent.resolve("made");
        Path given = Files.createDirectory(parent.resolve("given"));
        for (Path folder : List.of(made, given)) {
            IOException failure =
                    assertThrows(
                            IOException.class,
                            () ->
                                    NewFolder.write(
                                            folder,
                                            () -> {
                                                Files.writeString(folder.resolve("x"), "1");
                                                throw new IOException("no space left");
                                            }));
            assertEquals("no space left", failure.getMessage());
        }
        assertEquals(List.of("given"), files(parent));
        assertEquals(List.of(), files(given));
    }

    @Test
    void whatAKilledProcessLeftIsWrittenAnew() throws IOException {
        Path folder = Files.createDirectory(parent.resolve("a"));
        Files.createFile(folder.resolve(".unfinished"));
        Files.writeString(folder.resolve("half"), "1");
        NewFolder.write(folder, () -> Files.writeString(folder.resolve("x"), "1"));
        assertEquals(List.of("x"), files(folder));
    }

    @Test
    void whoWritesIsNotTakenForKilled() throws IOException {
        Path folder = parent.resolve("a");
        NewFolder.write(
                folder,
                () -> {
                    Files.writeString(folder.resolve("x"), "1");
                    assertTrue(refusal(folder).startsWith(folder + ": found in use by "));
                });
        assertEquals(List.of("x"), files(folder));
    }

    @Test
    void whatHoldsSomethingElseIsLeftAlone() throws IOException {
        Path file = Files.createFile(parent.resolve("mine.txt"));
        assertTrue(refusal(parent).startsWith(parent + ": found mine.txt in it, expected a new or empty folder"));
        assertTrue(refusal(file).startsWith(file + ": found a file, expected a new folder"));
        assertEquals(List.of("mine.txt"), files(parent));
    }
}
