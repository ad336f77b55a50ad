package dev.unmask.train.data;

import static dev.unmask.train.data.ExampleText.LINES;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.tokenizer.BytePairEncoding;
import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

class PreparedDataTest {
    @TempDir private Path parent;
    private Path folder;
    private Path text;

    /** A preparation that ends, as by a power failure, when a pass begins. */
    private static final class EndsAt extends NotedProgress {
        private final int last;

        EndsAt(int last) {
            this.last = last;
        }

        @Override
        public void pass(String what) {
            super.pass(what);
            if (passes.size() == last) {
                throw new IllegalStateException("the power fails");
            }
        }
    }

    @BeforeEach
    void write() throws IOException {
        folder = parent.resolve("data");
        text = lines("text.txt", "the cat");
    }

    private Path lines(String name, String subject) throws IOException {
        return ExampleText.write(parent.resolve(name), subject);
    }

    private static DataSettings data(String tokenizer, Path... sources) {
        return ExampleText.settings(tokenizer, 0.25, sources);
    }

    private PreparedData prepare(DataSettings data) throws IOException {
        return PreparedData.prepare(data, folder, new NotedProgress());
    }

    private static String decoded(PreparedData data, TokenText tokens) {
        int[] ids = new int[Math.toIntExact(tokens.tokens())];
        tokens.block(0, ids.length, ids, 0);
        return data.tokenizer().decode(ids);
    }

    private static Set<String> documents(PreparedData data, TokenText tokens) {
        return new TreeSet<>(List.of(decoded(data, tokens).split(BytePairEncoding.END_OF_TEXT.replace("|", "\\|"))));
    }

    @Test
    void everyDocumentIsEitherTrainedOnOrValidatedOn() throws IOException {
        PreparedData data = prepare(data("bpe", text));
        Set<String> all = documents(data, data.training());
        Set<String> validation = documents(data, data.validation());
        assertTrue(validation.size() > LINES / 10 && all.size() > LINES / 2, validation.size() + " of " + LINES);
        all.addAll(validation);
        assertEquals(new TreeSet<>(Files.readAllLines(text)), all);
        assertEquals(LINES, data.training().documents() + data.validation().documents());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bpe", "bytes"})
    void whatWasMadeIsFoundAgainWithoutReadingTheText(String tokenizer) throws IOException {
        PreparedData made = prepare(data(tokenizer, text));
        NotedProgress passes = new NotedProgress();
        PreparedData found = PreparedData.prepare(data(tokenizer, text), folder, passes);
        assertEquals(List.of(), passes.passes);
        assertEquals(made.tokenizer().fingerprint(), found.tokenizer().fingerprint());
        assertEquals(made.tokenizerFile(), found.tokenizerFile());
        assertEquals(decoded(made, made.training()), decoded(found, found.training()));
        assertEquals(decoded(made, made.validation()), decoded(found, found.validation()));
    }

    @Test
    void thePassesAreTold() throws IOException {
        NotedProgress passes = new NotedProgress();
        PreparedData.prepare(data("bpe", text), folder, passes);
        assertEquals(List.of("training a tokenizer on " + text + " (training)", "packing " + text), passes.passes);
    }

    @Test
    void aTextThatHasChangedIsPackedAgain() throws IOException {
        prepare(data("bytes", text));
        Files.writeString(text, "one line about a dog\n");
        PreparedData again = prepare(data("bytes", text));
        assertEquals(1, again.training().documents() + again.validation().documents());
    }

    @Test
    void aTextThatBecomesShorterWhileItIsPackedIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(text);
        PreparedData.Progress shortening =
                new PreparedData.Progress() {
                    @Override
                    public void pass(String what) {
                        if (what.startsWith("packing")) {
                            try {
                                Files.write(text, Arrays.copyOf(whole, whole.length / 2));
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        }
                    }
                };
        DataSettings settings = data("bytes", text);
        String message =
                assertThrows(InputException.class, () -> PreparedData.prepare(settings, folder, shortening))
                        .getMessage();
        assertTrue(message.startsWith("training data: " + text + " has changed since it was first read"), message);
        assertTrue(DataManifest.read(folder).isEmpty());
        // Nor does the next packing of the text that was expected go on with such tokens.
        Files.write(text, whole);
        NotedProgress progress = new NotedProgress();
        PreparedData.prepare(settings, folder, progress);
        assertEquals(List.of(), progress.notes);
    }

    @Test
    void anotherSettingIsPackedAgain() throws IOException {
        prepare(data("bytes", text));
        NotedProgress passes = new NotedProgress();
        PreparedData.prepare(data("bpe", text), folder, passes);
        assertEquals(2, passes.passes.size());
    }

    @Test
    void whatAnInterruptedPreparationLeftIsNotTakenForTheDataBefore() throws IOException {
        Path other = lines("other.txt", "a dog");
        PreparedData before = prepare(data("bytes", text));
        String expected = decoded(before, before.training());
        assertThrows(
                IllegalStateException.class, () -> PreparedData.prepare(data("bytes", other), folder, new EndsAt(1)));
        PreparedData after = prepare(data("bytes", text));
        assertEquals(expected, decoded(after, after.training()));
        assertFalse(decoded(after, after.validation()).contains("dog"));
    }

    @Test
    void whatAPackingLeftThatWasKilledAtItsVeryEndIsDeleted() throws IOException {
        PreparedData made = prepare(data("bytes", text));
        Path state = PackingState.file(folder);
        PackingState.none("key", "tokenizer").write(folder);
        NotedProgress passes = new NotedProgress();
        PreparedData found = PreparedData.prepare(data("bytes", text), folder, passes);
        assertEquals(List.of(), passes.passes);
        assertFalse(Files.exists(state));
        PackingState.none("key", "tokenizer").write(folder);
        PreparedData.resume(
                data("bytes", text), folder, new PreparedData.Origin(made.text(), made.tokenizer()), passes);
        assertEquals(List.of(), passes.passes);
        assertFalse(Files.exists(state));
        assertEquals(decoded(made, made.training()), decoded(found, found.training()));
    }

    private void damage(String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name), content);
    }

    /** Says what was wrong and makes the files as they were. */
    private void assertPackedAgain(String name, String finding) throws IOException {
        NotedProgress passes = new NotedProgress();
        PreparedData again = PreparedData.prepare(data("bpe", text), folder, passes);
        assertEquals(2, passes.passes.size());
        assertEquals(List.of(folder.resolve(name) + finding + "; the text is packed again"), passes.notes);
        assertEquals(LINES, again.training().documents() + again.validation().documents());
    }

    @ParameterizedTest
    @ValueSource(strings = {"training.tokens", "validation.tokens"})
    void tokensThatAreNotWholeArePackedAgain(String name) throws IOException {
        prepare(data("bpe", text));
        byte[] content = Files.readAllBytes(folder.resolve(name));
        damage(name, Arrays.copyOf(content, content.length - 2));
        assertPackedAgain(name, " is damaged");
        assertArrayEquals(content, Files.readAllBytes(folder.resolve(name)));
        content[content.length / 2] ^= 4;
        damage(name, content);
        assertPackedAgain(name, " is damaged");
        Files.delete(folder.resolve(name));
        assertPackedAgain(name, " is not there");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "{1}", "<!doctype html>"})
    void aBrokenTokenizerIsMadeAgain(String content) throws IOException {
        prepare(data("bpe", text));
        Files.writeString(folder.resolve("tokenizer.json"), content);
        assertPackedAgain("tokenizer.json", " cannot be read");
    }

    @Test
    void anotherTokenizerInTheFolderIsNotTakenForTheOneOfTheTokens() throws IOException {
        PreparedData other =
                PreparedData.prepare(
                        data("bpe", lines("other.txt", "a dog")), parent.resolve("other"), new NotedProgress());
        prepare(data("bpe", text));
        Files.write(folder.resolve("tokenizer.json"), Files.readAllBytes(other.tokenizerFile()));
        assertPackedAgain("data.json", " tells of another tokenizer");
    }

    @Test
    void aTextThatWasOnlyTouchedOrCopiedIsNotPackedAgain() throws IOException {
        prepare(data("bytes", text));
        Files.setLastModifiedTime(text, FileTime.fromMillis(0));
        NotedProgress passes = new NotedProgress();
        PreparedData.prepare(data("bytes", text), folder, passes);
        assertEquals(List.of(), passes.passes);
    }

    @Test
    void aTokenizerFileThatHasChangedIsReadAgain() throws IOException {
        Path file = parent.resolve("tokenizer.json");
        new ByteTokenizer().save(file);
        prepare(data(file.toString(), text));
        Path other = parent.resolve("other");
        TextTokenizer trained = PreparedData.prepare(data("bpe", text), other, new NotedProgress()).tokenizer();
        trained.save(file);
        PreparedData again = prepare(data(file.toString(), text));
        assertEquals(trained.fingerprint(), again.tokenizer().fingerprint());
    }

    @Test
    void filesOfAFolderThatAreNotReadAreToldOf() throws IOException {
        Path texts = Files.createDirectory(parent.resolve("texts"));
        Files.copy(text, texts.resolve("a.txt"));
        Files.writeString(texts.resolve("b.jsonl"), "{}");
        Files.writeString(texts.resolve("c.csv"), "a,b");
        NotedProgress passes = new NotedProgress();
        PreparedData.prepare(data("bytes", texts), folder, passes);
        assertEquals(
                List.of(texts + ": 2 of 3 files are left out, as they do not end in .txt, .text, .md: .csv, .jsonl"),
                passes.notes);
    }

    @Test
    void aFolderOfOneKindOfRecordsIsReadForThemAndOfTwoOneIsToBeNamed() throws IOException {
        Path records = Files.createDirectory(parent.resolve("records"));
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            lines.append("{\"text\":\"record ").append(i).append("\"}\n");
        }
        Files.writeString(records.resolve("a.jsonl"), lines);
        PreparedData read = prepare(data("bytes", records));
        assertEquals(40, read.training().documents() + read.validation().documents());
        Files.writeString(records.resolve("b.csv"), "text\n");
        String message = assertThrows(IOException.class, () -> prepare(data("bytes", records))).getMessage();
        assertTrue(message.contains("no file that ends in .txt, .text, .md"), message);
        assertTrue(message.contains(".jsonl, .ndjson, .csv, .tsv: say by --documents"), message);
    }

    @Test
    void aMalformedTextIsRefusedBeforeWhatWasMadeOfAnotherIsTouched() throws IOException {
        PreparedData before = prepare(data("bytes", text));
        String expected = decoded(before, before.training());
        Path broken = Files.write(parent.resolve("broken.jsonl"), new byte[] {'x'});
        assertThrows(InputException.class, () -> prepare(data("bpe", broken)));
        NotedProgress passes = new NotedProgress();
        PreparedData again = PreparedData.prepare(data("bytes", text), folder, passes);
        assertEquals(List.of(), passes.passes);
        assertEquals(expected, decoded(again, again.training()));
    }

    @Test
    void aSourceThatIsNotThereIsNamed() {
        Path missing = parent.resolve("missing.txt");
        assertEquals(
                missing + ": expected wordnet, a text file or a folder of text files",
                assertThrows(NoSuchFileException.class, () -> prepare(data("bytes", missing))).getMessage());
    }

    @Test
    void sourcesWithoutTextAreRefused() throws IOException {
        Path blank = Files.writeString(parent.resolve("blank.txt"), "\n  \n");
        refused(
                "training data: found no text in "
                        + blank
                        + ", or all of it went to validation; use more text, or a smaller data.validation_fraction",
                data("bytes", blank));
        refused("training data: no source was named; use wordnet or the path of a text", data("bytes"));
    }

    @Test
    void wordsOfTheSettingsThatMeanNothingAreRefused() {
        List<String> sources = List.of(text.toString());
        refused(
                "documents: found page, expected file, line, jsonl, csv or parquet",
                new DataSettings(sources, "page", "bytes", 300, 0.25));
        refused(
                "wordnet:noun.food:short: found short, expected the longest definition in characters",
                new DataSettings(List.of("wordnet:noun.food:short"), "line", "bytes", 300, 0.25));
    }

    private void refused(String sentence, DataSettings data) {
        assertEquals(sentence, assertThrows(InputException.class, () -> prepare(data)).getMessage());
    }
}
