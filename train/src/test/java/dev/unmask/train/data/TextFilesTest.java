package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;
import dev.unmask.train.data.TextFiles.Layout;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

class TextFilesTest {
    @TempDir private Path folder;

    private static List<String> read(Layout layout, Path... paths) throws IOException {
        try (Stream<String> documents = new TextFiles(List.of(paths), layout).documents()) {
            return documents.toList();
        }
    }

    private static String refusal(Layout layout, Path path) {
        return assertThrows(UncheckedIOException.class, () -> read(layout, path)).getMessage();
    }

    @Test
    void aFileIsADocumentAndAFolderIsReadInTheOrderOfNames() throws IOException {
        Path below = Files.createDirectory(folder.resolve("b"));
        Files.writeString(below.resolve("2.txt"), "second\nline");
        Files.writeString(folder.resolve("a.md"), "first");
        Files.writeString(folder.resolve("c.bin"), "not text");
        Files.writeString(folder.resolve(".hidden.txt"), "hidden");
        Files.writeString(folder.resolve("d.txt"), " \n");
        assertEquals(List.of("first", "second\nline"), read(Layout.FILE, folder));
    }

    @Test
    void aLineIsADocumentWhateverEndsIt() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "\uFEFFone\r\n\n  \ntwo é\nthree");
        assertEquals(List.of("one", "two é", "three"), read(Layout.LINES, file));
    }

    @Test
    void jsonLinesHoldATextOrAPromptAndItsCompletion() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("a.jsonl"),
                        "{\"text\": \"a\\nb\", \"more\": 1}\n\n{\"prompt\": \"q: \", \"completion\": \"x\"}\n");
        assertEquals(List.of("a\nb", "q: x"), read(Layout.JSON_LINES, folder));
        assertEquals(List.of("a\nb", "q: x"), read(Layout.JSON_LINES, file));
    }

    @Test
    void badJsonIsReportedWithFileAndLine() throws IOException {
        Path file = Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"a\"}\n{\"text\": \n");
        assertTrue(refusal(Layout.JSON_LINES, file).startsWith(file + ", line 2: it is not JSON"));
        Files.writeString(file, "{\"text\": 1}\n");
        assertTrue(refusal(Layout.JSON_LINES, file).startsWith(file + ", line 1: expected an object"));
    }

    @Test
    void bytesThatAreNotUtf8AreReportedWithFileAndLine() throws IOException {
        Path file = Files.write(folder.resolve("a.txt"), new byte[] {'a', '\n', 'b', '\n', 'c', (byte) 0xE9, 'd'});
        for (Layout layout : new Layout[] {Layout.FILE, Layout.LINES}) {
            String message = refusal(layout, file);
            assertTrue(message.startsWith(file + ", line 3: byte 0xE9 is not UTF-8"), message);
        }
    }

    @Test
    void aMissingFileAndAFolderWithoutTextAreNamed() {
        Path missing = folder.resolve("nowhere.txt");
        String message = assertThrows(IOException.class, () -> read(Layout.LINES, missing)).getMessage();
        assertTrue(message.contains(missing.toString()), message);
        message = assertThrows(IOException.class, () -> read(Layout.JSON_LINES, folder)).getMessage();
        assertTrue(message.contains(".jsonl"), message);
        assertThrows(InputException.class, () -> new TextFiles(List.of(), Layout.FILE));
    }
}
