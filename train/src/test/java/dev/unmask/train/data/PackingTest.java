package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;
import dev.unmask.train.data.DataSettings.Sequences;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

class PackingTest {
    private static final int DOCUMENTS = 500;
    private static final long SAVE_EVERY = 300;

    @TempDir private Path folder;
    private final TextTokenizer tokenizer = new ByteTokenizer();
    private final NotedProgress progress = new NotedProgress();

    private static DataSettings settings(Sequences sequences, int longest, boolean strict) {
        return new DataSettings(
                List.of("x"),
                List.of(),
                "line",
                RecordSettings.DEFAULT,
                sequences,
                longest,
                "bytes",
                300,
                0.25,
                strict);
    }

    /** Documents with prompts, of which every hundredth cannot be read; the power may fail at one. */
    private record Questions(int failsAt) implements Corpus {
        @Override
        public String name() {
            return "questions";
        }

        @Override
        public Stream<String> documents() {
            throw new UnsupportedOperationException("entries are read");
        }

        @Override
        public Stream<CorpusEntry> entries(LongConsumer read) {
            return Stream.iterate(0, i -> i < DOCUMENTS, i -> i + 1)
                    .map(i -> {
                        if (i == failsAt) {
                            throw new IllegalStateException("the power fails");
                        }
                        return i % 100 == 99
                                ? new CorpusEntry.Lost("line " + i + ": not JSON")
                                : new CorpusEntry.Document(
                                        List.of(
                                                new CorpusEntry.Part("question " + i, true),
                                                new CorpusEntry.Part(" answer " + i, false)),
                                        "group " + i,
                                        "line " + i);
                    });
        }
    }

    private long pack(Path into, DataSettings settings, int failsAt) throws IOException {
        Files.createDirectories(into);
        return new Packing(settings, tokenizer, "key", into, progress, SAVE_EVERY).run(List.of(new Questions(failsAt)));
    }

    private static Map<String, List<Byte>> files(Path folder) throws IOException {
        Map<String, List<Byte>> all = new TreeMap<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path file : entries.toList()) {
                List<Byte> bytes = new ArrayList<>();
                for (byte b : Files.readAllBytes(file)) {
                    bytes.add(b);
                }
                all.put(file.getFileName().toString(), bytes);
            }
        }
        return all;
    }

    @ParameterizedTest
    @EnumSource(Sequences.class)
    void aPackingThatIsInterruptedAnywhereGoesOnToTheSameFiles(Sequences sequences) throws IOException {
        DataSettings settings = settings(sequences, 0, false);
        assertEquals(DOCUMENTS / 100, pack(folder.resolve("whole"), settings, -1));
        Map<String, List<Byte>> expected = files(folder.resolve("whole"));
        for (int failsAt : new int[] {0, 1, 57, 99, 100, 250, 333, DOCUMENTS - 1}) {
            Path into = folder.resolve("cut-" + failsAt);
            assertThrows(IllegalStateException.class, () -> pack(into, settings, failsAt));
            progress.notes.clear();
            assertEquals(DOCUMENTS / 100, pack(into, settings, -1));
            assertEquals(expected, files(into), "interrupted at " + failsAt);
        }
    }

    @Test
    void whatIsLeftAfterTheLastNoteOfProgressIsCutOff() throws IOException {
        DataSettings settings = settings(Sequences.PROMPT, 0, false);
        pack(folder.resolve("whole"), settings, -1);
        Path into = folder.resolve("cut");
        assertThrows(IllegalStateException.class, () -> pack(into, settings, 400));
        for (String name : List.of(".training.tokens.partial", ".training.tokens.index", "lost.jsonl")) {
            Path file = into.resolve(name);
            byte[] bytes = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(bytes, bytes.length + 17));
        }
        pack(into, settings, -1);
        assertEquals(files(folder.resolve("whole")), files(into));
        assertTrue(
                progress.notes.stream().anyMatch(note -> note.startsWith("going on with a packing")),
                progress.notes.toString());
    }

    @Test
    void whatIsPackedOtherwiseBeginsAnew() throws IOException {
        Path into = folder.resolve("cut");
        assertThrows(IllegalStateException.class, () -> pack(into, settings(Sequences.PROMPT, 0, false), 400));
        progress.notes.clear();
        new Packing(settings(Sequences.DOCUMENT, 0, false), tokenizer, "other", into, progress, SAVE_EVERY)
                .run(List.of(new Questions(-1)));
        assertFalse(progress.notes.stream().anyMatch(note -> note.startsWith("going on")), progress.notes.toString());
        pack(folder.resolve("whole"), settings(Sequences.DOCUMENT, 0, false), -1);
        Path name = Path.of("training.tokens");
        assertArrayEquals(
                Files.readAllBytes(folder.resolve("whole").resolve(name)), Files.readAllBytes(into.resolve(name)));
    }

    @Test
    void whatIsLostIsListedAndSomeOfItTold() throws IOException {
        pack(folder, settings(Sequences.PACKED, 0, false), -1);
        List<String> lost = Files.readAllLines(folder.resolve("lost.jsonl"));
        assertEquals(DOCUMENTS / 100, lost.size());
        assertEquals("{\"lost\":\"line 99: not JSON\"}", lost.getFirst());
        assertEquals("left out: line 99: not JSON", progress.notes.getFirst());
        assertTrue(progress.notes.getLast().startsWith("5 records were left out"), progress.notes.getLast());
    }

    @Test
    void strictlyTheFirstLostRecordEndsIt() {
        InputException refused =
                assertThrows(InputException.class, () -> pack(folder, settings(Sequences.PACKED, 0, true), -1));
        assertEquals("line 99: not JSON", refused.getMessage());
    }

    @Test
    void aDocumentThatIsLongerThanASequenceIsLost() throws IOException {
        // "question 10 answer 10" and its end take 22 tokens, those of one digit 20.
        long lost = pack(folder, settings(Sequences.PROMPT, 21, false), -1);
        assertEquals(DOCUMENTS - 10, lost);
        assertTrue(
                progress.notes.getFirst().startsWith("left out: line 10: found a document of 22 tokens"),
                progress.notes.getFirst());
    }

    @Test
    void aDocumentIsASequenceFilledUpWithTheEndOfTextOfWhichThePromptIsGiven() throws IOException {
        pack(folder, settings(Sequences.PROMPT, 0, false), -1);
        TokenText text = new DocumentBlocks(PackedTokens.open(folder.resolve("training.tokens"), tokenizer));
        int length = 40;
        int[] ids = new int[length];
        List<String> seen = new ArrayList<>();
        for (long i = 0; i < text.blocks(length); i++) {
            text.block(i, length, ids, 0);
            TokenBlocks.Extent extent = text.extent(i, length);
            String given = tokenizer.decode(Arrays.copyOf(ids, extent.given()));
            String learnt = tokenizer.decode(Arrays.copyOfRange(ids, extent.given(), extent.text() - 1));
            assertEquals(given.replace("question", " answer"), learnt);
            for (int at = extent.text() - 1; at < length; at++) {
                assertEquals(tokenizer.endOfText().orElseThrow(), ids[at]);
            }
            seen.add(given);
        }
        assertEquals(text.documents(), seen.stream().distinct().count());
        String message = assertThrows(InputException.class, () -> text.blocks(20)).getMessage();
        assertTrue(message.contains("the longest document has 24 tokens, expected at most the 20"), message);
    }

    @Test
    void ofASequenceThatIsLearntAsAWholeNothingIsGiven() throws IOException {
        pack(folder, settings(Sequences.DOCUMENT, 0, false), -1);
        TokenText text = new DocumentBlocks(PackedTokens.open(folder.resolve("training.tokens"), tokenizer));
        assertEquals(0, text.extent(0, 40).given());
        assertEquals(text.documents(), text.blocks(40));
    }
}
