package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.tokenizer.BytePairEncoding;
import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;
import dev.unmask.train.data.PreparedData.Origin;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

class PreparedDataTest {
    private static final int LINES = 60;

    @TempDir private Path parent;
    private Path folder;
    private Path text;

    /** Notes what is done; a preparation that finds its files does nothing. */
    private static class Passes implements PreparedData.Progress {
        final List<String> passes = new ArrayList<>();
        final List<String> notes = new ArrayList<>();

        @Override
        public void pass(String what) {
            passes.add(what);
        }

        @Override
        public void documents(long documents) {}

        @Override
        public void note(String sentence) {
            notes.add(sentence);
        }
    }

    /** A preparation that ends, as by a power failure, when a pass begins. */
    private static final class EndsAt extends Passes {
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
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
            all.append(subject).append(" sleeps on mat ").append(i).append('\n');
        }
        return Files.writeString(parent.resolve(name), all);
    }

    private static DataSettings data(String tokenizer, Path... sources) {
        return new DataSettings(Arrays.stream(sources).map(Path::toString).toList(), "line", tokenizer, 300, 0.25);
    }

    private PreparedData prepare(DataSettings data) throws IOException {
        return PreparedData.prepare(data, folder, new Passes());
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
        Passes passes = new Passes();
        PreparedData found = PreparedData.prepare(data(tokenizer, text), folder, passes);
        assertEquals(List.of(), passes.passes);
        assertEquals(made.tokenizer().fingerprint(), found.tokenizer().fingerprint());
        assertEquals(made.tokenizerFile(), found.tokenizerFile());
        assertEquals(decoded(made, made.training()), decoded(found, found.training()));
        assertEquals(decoded(made, made.validation()), decoded(found, found.validation()));
    }

    @Test
    void thePassesAreTold() throws IOException {
        Passes passes = new Passes();
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
    void anotherSettingIsPackedAgain() throws IOException {
        prepare(data("bytes", text));
        Passes passes = new Passes();
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

    private void damage(String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name), content);
    }

    /** Says what was wrong and makes the files as they were. */
    private void assertPackedAgain(String name, String finding) throws IOException {
        Passes passes = new Passes();
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
                PreparedData.prepare(data("bpe", lines("other.txt", "a dog")), parent.resolve("other"), new Passes());
        prepare(data("bpe", text));
        Files.write(folder.resolve("tokenizer.json"), Files.readAllBytes(other.tokenizerFile()));
        assertPackedAgain("data.json", " tells of another tokenizer");
    }

    @Test
    void aTextThatWasOnlyTouchedOrCopiedIsNotPackedAgain() throws IOException {
        prepare(data("bytes", text));
        Files.setLastModifiedTime(text, FileTime.fromMillis(0));
        Passes passes = new Passes();
        PreparedData.prepare(data("bytes", text), folder, passes);
        assertEquals(List.of(), passes.passes);
    }

    @Test
    void aTokenizerFileThatHasChangedIsReadAgain() throws IOException {
        Path file = parent.resolve("tokenizer.json");
        new ByteTokenizer().save(file);
        prepare(data(file.toString(), text));
        Path other = parent.resolve("other");
        TextTokenizer trained = PreparedData.prepare(data("bpe", text), other, new Passes()).tokenizer();
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
        Passes passes = new Passes();
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
        Passes passes = new Passes();
        PreparedData again = PreparedData.prepare(data("bytes", text), folder, passes);
        assertEquals(List.of(), passes.passes);
        assertEquals(expected, decoded(again, again.training()));
    }

    private PreparedData resume(Origin origin, Passes passes, Path... sources) throws IOException {
        return PreparedData.resume(data("bpe", sources), folder, origin, passes);
    }

    private static Origin origin(PreparedData data) {
        return new Origin(data.text(), data.tokenizer());
    }

    private Map<String, String> files() throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.toList()) {
                contents.put(file.getFileName().toString(), Sha256.of(file));
            }
        }
        return contents;
    }

    @Test
    void aRunGoesOnWithItsTokensWhereverItsTextLies() throws IOException {
        Origin origin = origin(prepare(data("bpe", text)));
        Map<String, String> before = files();
        Passes passes = new Passes();
        Path copy = Files.copy(text, parent.resolve("copy.txt"));
        assertEquals(origin.text(), resume(origin, passes, text).text());
        assertEquals(origin.text(), resume(origin, passes, copy).text());
        assertEquals(List.of(), passes.passes);
        assertEquals(List.of(), passes.notes);
        assertEquals(before, files());
    }

    @Test
    void aRunWhoseTextHasChangedIsRefusedByFileAndNothingIsWritten() throws IOException {
        Path second = lines("second.txt", "a dog");
        Origin origin = origin(prepare(data("bpe", text, second)));
        Map<String, String> before = files();
        Files.writeString(second, "one more line\n", StandardOpenOption.APPEND);
        InputException refusal = assertThrows(InputException.class, () -> resume(origin, new Passes(), text, second));
        assertEquals(
                "--resume: found another text than the one that the run began with: "
                        + second
                        + " has changed; put the text back as it was, or begin a new run on it by --from and another"
                        + " --out",
                refusal.getMessage());
        assertEquals(before, files());
    }

    @Test
    void filesThatCameOrWentAreNamed() throws IOException {
        Path texts = Files.createDirectory(parent.resolve("texts"));
        Path a = Files.copy(text, texts.resolve("a.txt"));
        Path b = Files.writeString(texts.resolve("b.txt"), "a dog\n");
        Origin origin = origin(prepare(data("bpe", texts)));
        Files.move(b, texts.resolve("c.txt"));
        assertEquals(origin.text(), resume(origin, new Passes(), texts).text(), "the same content in the same order");
        Files.delete(texts.resolve("c.txt"));
        assertTrue(refusal(origin, texts).contains(": " + b + " is gone; "), refusal(origin, texts));
        Files.writeString(b, "a dog\n");
        Path d = Files.writeString(texts.resolve("d.txt"), "a bird\n");
        assertTrue(refusal(origin, texts).contains(": " + d + " is new; "), refusal(origin, texts));
        Files.delete(a);
        assertTrue(refusal(origin, texts).contains(d + " is new, and 1 more file; "), refusal(origin, texts));
    }

    private String refusal(Origin origin, Path... sources) {
        return assertThrows(InputException.class, () -> resume(origin, new Passes(), sources)).getMessage();
    }

    @Test
    void aRunWhoseTextIsGoneGoesOnWithItsTokensAndSaysSo() throws IOException {
        Path second = lines("second.txt", "a dog");
        Origin origin = origin(prepare(data("bpe", text, second)));
        Files.delete(text);
        Passes passes = new Passes();
        assertEquals(origin.text(), resume(origin, passes, text, second).text());
        assertEquals(List.of(text + " is no longer there; the run goes on with the tokens in " + folder), passes.notes);
        Files.writeString(second, "something else\n");
        assertTrue(refusal(origin, text, second).contains(second + " has changed"), refusal(origin, text, second));
        Files.delete(second);
        assertEquals(origin.text(), resume(origin, passes, text, second).text());
        Files.delete(folder.resolve("validation.tokens"));
        assertEquals(
                text
                        + ": the text of the run is no longer there, and what was packed of it is not whole: "
                        + folder.resolve("validation.tokens")
                        + " is not there; put the text back, or name where it is now by --data",
                refusal(origin, text, second));
    }

    @Test
    void tokensThatAreLostAreMadeAgainOfTheSameTextWithTheTokenizerOfTheRun() throws IOException {
        Origin origin = origin(prepare(data("bpe", text)));
        Map<String, String> before = files();
        for (String lost : List.of("data.json", "tokenizer.json", "training.tokens")) {
            Files.delete(folder.resolve(lost));
            Passes passes = new Passes();
            resume(origin, passes, text);
            assertEquals(1, passes.passes.size(), "no tokenizer is trained");
            assertEquals(1, passes.notes.size());
            assertEquals(before, files());
        }
        Files.delete(folder.resolve("data.json"));
        Files.writeString(text, "another text\n");
        assertTrue(refusal(origin, text).contains("its content has another hash"), refusal(origin, text));
        assertFalse(Files.exists(folder.resolve("data.json")));
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
