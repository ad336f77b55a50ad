package dev.unmask.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

class AtomicFilesTest {
    @TempDir private Path directory;

    @Test
    void writesANewFileAndReplacesAnOldOne() throws IOException {
        Path file = directory.resolve("config.json");
        AtomicFiles.write(file, "a longer first text");
        AtomicFiles.write(file, "κ");
        assertEquals("κ", Files.readString(file));
        assertEquals(List.of(file), listing());
    }

    @Test
    void theNewContentIsNotSeenBeforeItIsWhole() throws IOException {
        Path file = directory.resolve("state");
        AtomicFiles.write(file, "old");
        AtomicFiles.write(
                file,
                output -> {
                    output.write(ByteBuffer.wrap(new byte[] {'n', 'e'}));
                    assertEquals("old", Files.readString(file));
                    output.write(ByteBuffer.wrap(new byte[] {'w'}));
                });
        assertEquals("new", Files.readString(file));
    }

    @Test
    void aFailureLeavesTheOldFileAndNothingBeside() throws IOException {
        Path file = directory.resolve("state");
        AtomicFiles.write(file, "old");
        IOException full = new IOException("no space left");
        AtomicFiles.Content failing =
                output -> {
                    output.write(ByteBuffer.wrap(new byte[] {'n', 'e'}));
                    throw full;
                };
        assertSame(full, assertThrows(IOException.class, () -> AtomicFiles.write(file, failing)));
        assertEquals("old", Files.readString(file));
        assertEquals(List.of(file), listing());

        Path other = directory.resolve("other");
        assertThrows(IOException.class, () -> AtomicFiles.write(other, failing));
        assertFalse(Files.exists(other));
        assertEquals(List.of(file), listing());
    }

    @Test
    void aFileThatTheContentMayNotReadIsNamedAndNothingIsLeft() throws IOException {
        AccessDeniedException denied = new AccessDeniedException("source");
        AtomicFiles.Content failing =
                _ -> {
                    throw denied;
                };
        Path file = directory.resolve("state");
        assertSame(denied, assertThrows(IOException.class, () -> AtomicFiles.write(file, failing)));
        assertEquals(List.of(), listing());
    }

    @Test
    void aNewFileHasTheSamePermissionsAsAnyOther() throws IOException {
        Path plain = Files.createFile(directory.resolve("plain"));
        Path file = directory.resolve("file");
        AtomicFiles.write(file, "");
        assertEquals(Files.getPosixFilePermissions(plain), Files.getPosixFilePermissions(file));
    }

    @Test
    void refusesADirectoryAsTargetAndAMissingParent() {
        String directoryMessage =
                assertThrows(FileSystemException.class, () -> AtomicFiles.write(directory, "")).getMessage();
        assertEquals(directory + ": is a directory, expected a file to write", directoryMessage);

        Path file = directory.resolve("missing").resolve("file");
        String parentMessage = assertThrows(NoSuchFileException.class, () -> AtomicFiles.write(file, "")).getMessage();
        assertTrue(parentMessage.contains("its directory does not exist; create it first"), parentMessage);
        assertTrue(parentMessage.startsWith(file.toString()), parentMessage);
    }

    private List<Path> listing() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }
}
