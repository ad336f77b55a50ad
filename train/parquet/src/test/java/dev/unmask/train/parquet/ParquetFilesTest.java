package dev.unmask.train.parquet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdOutputStream;

import dev.unmask.tensor.InputException;
import dev.unmask.train.data.CorpusEntry;
import dev.unmask.train.data.RecordSettings;
import dev.unmask.train.data.TextFiles;
import dev.unmask.train.data.TextFiles.Layout;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

class ParquetFilesTest {
    private static final RecordSettings MESSAGES = new RecordSettings("", "", "", "messages", "last", "auto", "");

    @TempDir private Path folder;

    /** Six rows with a text, of which the third has none, stars, and a chat; written by pyarrow. */
    private Path cats(String compression) throws IOException {
        Path file = folder.resolve("cats.parquet");
        try (InputStream in = ParquetFilesTest.class.getResourceAsStream("/cats-" + compression + ".parquet")) {
            Files.write(file, in.readAllBytes());
        }
        return file;
    }

    private static List<CorpusEntry> entries(Path file, RecordSettings records) throws IOException {
        try (Stream<CorpusEntry> all =
                new TextFiles(List.of(file), Layout.PARQUET, records).entries(bytes -> {})) {
            return all.toList();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "snappy", "zstd", "gzip"})
    void aRowIsARecord(String compression) throws IOException {
        Path file = cats(compression);
        List<CorpusEntry> entries = entries(file, RecordSettings.DEFAULT);
        assertEquals(6, entries.size());
        assertEquals("the cat sleeps on mat 1", ((CorpusEntry.Document) entries.get(1)).text());
        String lost = ((CorpusEntry.Lost) entries.get(2)).message();
        assertTrue(lost.startsWith(file + ", row 3: "), lost);
    }

    @Test
    void listsOfStructsAreChats() throws IOException {
        CorpusEntry.Document document = (CorpusEntry.Document) entries(cats("snappy"), MESSAGES).get(4);
        assertTrue(document.text().endsWith(" USER: mat 4? ASSISTANT: yes"), document.text());
        assertEquals(List.of(true, false), document.parts().stream().map(CorpusEntry.Part::given).toList());
    }

    @Test
    void numbersAndTruthValuesFillTemplates() throws IOException {
        RecordSettings template = new RecordSettings("", "", "", "", "last", "auto", "{stars} stars, good: {good}");
        assertEquals("3 stars, good: false", ((CorpusEntry.Document) entries(cats("gzip"), template).get(3)).text());
    }

    @Test
    void allOfTheFileIsToldAsRead() throws IOException {
        Path file = cats("snappy");
        AtomicLong read = new AtomicLong();
        try (Stream<CorpusEntry> all = new TextFiles(List.of(file), Layout.PARQUET).entries(read::addAndGet)) {
            all.forEach(entry -> {});
        }
        assertEquals(Files.size(file), read.get());
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        Path file = cats("snappy");
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
        String message =
                assertThrows(InputException.class, () -> entries(file, RecordSettings.DEFAULT)).getMessage();
        assertTrue(message.startsWith(file + ": cannot be read as Parquet"), message);
    }

    @Test
    void textsCompressedByZstandardAreReadAsWhatIsInThem() throws IOException {
        Path file = folder.resolve("cats.txt.zst");
        try (OutputStream out = new ZstdOutputStream(Files.newOutputStream(file))) {
            out.write("a cat\na dog\n".getBytes(StandardCharsets.UTF_8));
        }
        try (Stream<String> documents = new TextFiles(List.of(file), Layout.LINES).documents()) {
            assertEquals(List.of("a cat", "a dog"), documents.toList());
        }
    }

    @Test
    void whatZstandardCompressedAndWasCutShortIsRefused() throws IOException {
        Path file = folder.resolve("cats.txt.zst");
        try (OutputStream out = new ZstdOutputStream(Files.newOutputStream(file))) {
            out.write("a cat\n".repeat(10_000).getBytes(StandardCharsets.UTF_8));
        }
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 5));
        try (Stream<String> documents = new TextFiles(List.of(file), Layout.LINES).documents()) {
            String message = assertThrows(InputException.class, () -> documents.forEach(line -> {})).getMessage();
            assertTrue(message.contains("cut short or damaged"), message);
        }
    }
}
