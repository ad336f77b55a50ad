package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.BytePairEncoding;
import dev.unmask.tensor.InputException;
import dev.unmask.train.RunConfig;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

class PreparedDataTest {
    private static final int LINES = 60;

    @TempDir private Path parent;
    private Path folder;
    private Path text;

    /** Notes what is done; a preparation that finds its files does nothing. */
    private static class Passes implements PreparedData.Progress {
        final List<String> passes = new ArrayList<>();

        @Override
        public void pass(String what) {
            passes.add(what);
        }

        @Override
        public void documents(long documents) {}
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

    private static RunConfig.Data data(String tokenizer, Path... sources) {
        return new RunConfig.Data(Arrays.stream(sources).map(Path::toString).toList(), "line", tokenizer, 300, 0.25);
    }

    private PreparedData prepare(RunConfig.Data data) throws IOException {
        return PreparedData.prepare(data, folder, new Passes());
    }

    private static String decoded(PreparedData data, PackedTokens tokens) {
        int[] ids = new int[Math.toIntExact(tokens.tokens())];
        tokens.block(0, ids.length, ids, 0);
        return data.tokenizer().decode(ids);
    }

    private static Set<String> documents(PreparedData data, PackedTokens tokens) {
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
        assertEquals(
                List.of(
                        "training a tokenizer on " + text + " (training)",
                        "packing " + text + " (training)",
                        "packing " + text + " (validation)"),
                passes.passes);
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
        assertEquals(3, passes.passes.size());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void whatAnInterruptedPreparationLeftIsNotTakenForTheDataBefore(int last) throws IOException {
        Path other = lines("other.txt", "a dog");
        PreparedData before = prepare(data("bytes", text));
        String expected = decoded(before, before.training());
        assertThrows(
                IllegalStateException.class,
                () -> PreparedData.prepare(data("bytes", other), folder, new EndsAt(last)));
        PreparedData after = prepare(data("bytes", text));
        assertEquals(expected, decoded(after, after.training()));
        assertFalse(decoded(after, after.validation()).contains("dog"));
    }

    private String refusal() {
        String message = assertThrows(IOException.class, () -> prepare(data("bpe", text))).getMessage();
        String remedy =
                " (remove " + folder.resolve("data.json") + ", and the next start makes tokenizer and tokens again)";
        assertTrue(message.endsWith(remedy), message);
        return message.substring(0, message.length() - remedy.length());
    }

    @ParameterizedTest
    @ValueSource(strings = {"training.tokens", "validation.tokens"})
    void tokensThatWereCutShortAreRefusedByFile(String name) throws IOException {
        prepare(data("bpe", text));
        Path file = folder.resolve(name);
        byte[] content = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(content, content.length - 2));
        assertTrue(
                refusal().startsWith(file + ": found " + (content.length - 2) + " bytes, expected 64 of the header"));
        Files.write(file, new byte[0]);
        assertTrue(refusal().startsWith(file + ": found 0 bytes, expected at least the 64 of a header"));
        Files.delete(file);
        assertEquals(file + ": there is no such file; pack the text first", refusal());
        Files.delete(folder.resolve("data.json"));
        assertEquals(LINES, prepare(data("bpe", text)).training().documents() + documentsOf(folder));
    }

    private static long documentsOf(Path folder) throws IOException {
        return PackedTokens.open(folder.resolve("validation.tokens")).documents();
    }

    @Test
    void aFileOfAnotherKindIsRefusedByFile() throws IOException {
        prepare(data("bpe", text));
        Path file = folder.resolve("training.tokens");
        Files.writeString(file, "LITPKDS" + "\0".repeat(80));
        assertEquals(
                file
                        + ": found \"LITPKDS.\" at the beginning, expected \"UNMASKTK\"; the file is damaged or of"
                        + " another kind, pack the text again",
                refusal());
    }

    @Test
    void tokensOfAnotherTokenizerAreRefusedByFile() throws IOException {
        PreparedData other =
                PreparedData.prepare(data("bpe", lines("other.txt", "a dog")), parent.resolve("other"), new Passes());
        prepare(data("bpe", text));
        Files.write(folder.resolve("tokenizer.json"), Files.readAllBytes(other.tokenizerFile()));
        assertTrue(refusal().startsWith(folder.resolve("training.tokens") + ": packed with tokenizer "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | it holds no JSON object",
                "{} | it has no model with a vocab",
                "{1} | it is not JSON at line 1"
            })
    void aBrokenTokenizerIsRefusedByFile(String content, String found) throws IOException {
        prepare(data("bpe", text));
        Path file = Files.writeString(folder.resolve("tokenizer.json"), content);
        assertTrue(refusal().startsWith(file + ": " + found), this::refusal);
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
        refused("training data: found no text in [" + blank + "]", data("bytes", blank));
        refused("training data: no source was named; use wordnet or the path of a text", data("bytes"));
    }

    @Test
    void wordsOfTheSettingsThatMeanNothingAreRefused() {
        List<String> sources = List.of(text.toString());
        refused(
                "documents: found page, expected file, line or jsonl",
                new RunConfig.Data(sources, "page", "bytes", 300, 0.25));
        refused(
                "wordnet:noun.food:short: found short, expected the longest definition in characters",
                new RunConfig.Data(List.of("wordnet:noun.food:short"), "line", "bytes", 300, 0.25));
    }

    private void refused(String sentence, RunConfig.Data data) {
        assertEquals(sentence, assertThrows(InputException.class, () -> prepare(data)).getMessage());
    }
}
