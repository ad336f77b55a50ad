package dev.unmask.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.tokenizer.BytePairTrainer;
import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

class BlankTextTest {
    private static final TextTokenizer BYTES = new ByteTokenizer();
    private static final int MASK = BYTES.vocabulary();
    private static final int MAX_LENGTH = 64;
    private static final TextTokenizer WORDS =
            new BytePairTrainer(400)
                    .add("The capital of France is Paris. The capital of Italy is Rome. ".repeat(3))
                    .train();

    private static BlankText read(String text) {
        return new BlankReader(BYTES, MASK, MAX_LENGTH).read(text, 2);
    }

    /** The text, {@code #} for each mask. */
    private static String shown(String text) {
        return Arrays.stream(read(text).ids())
                .mapToObj(id -> id == MASK ? "#" : BYTES.decode(id))
                .collect(Collectors.joining());
    }

    private static List<Integer> sizes(String text) {
        return read(text).blanks().stream().map(span -> span.to() - span.from()).toList();
    }

    @Test
    void underscoresAreABlankOfTheUsualSize() {
        assertEquals(List.of(2, 2), sizes("a ___ b _________."));
    }

    @Test
    void theMaskNameStandsForOneTokenEachTime() {
        assertEquals(List.of(1, 3), sizes("[MASK] and [MASK][MASK][MASK]"));
    }

    @Test
    void aNumberBehindABlankIsItsSize() {
        assertEquals(List.of(7, 12), sizes("____:7 [MASK]:12"));
    }

    @Test
    void twoUnderscoresAreText() {
        assertEquals(List.of(2), sizes("__init__ ____"));
    }

    @Test
    void masksStandBetweenTheTokensOfTheText() {
        BlankText text = read("a ___:2b");
        assertArrayEquals(new int[] {'a', ' ', MASK, MASK, 'b'}, text.ids());
        assertEquals(List.of(new BlankText.Span(2, 4)), text.blanks());
    }

    @Test
    void aSpaceBeforeABlankIsLeftToItsFirstTokenWhereWordsBeginWithOne() {
        int mask = WORDS.vocabulary();
        BlankText text = new BlankReader(WORDS, mask, MAX_LENGTH).read("The capital of ____ is ____.", 1);
        int[] given = Arrays.stream(text.ids()).filter(id -> id != mask).toArray();
        assertEquals("The capital of is.", WORDS.decode(given));
        int[] whole = WORDS.encode("The capital of France is Paris.");
        assertEquals(whole.length, text.ids().length);
        IntStream.range(0, whole.length)
                .filter(i -> text.ids()[i] != mask)
                .forEach(i -> assertEquals(whole[i], text.ids()[i]));
    }

    /** As SentencePiece models in the format of Hugging Face's library do, Llama's among them. */
    @Test
    void aTokenizerThatPutsASpaceBeforeEachTextDoesNotPutOneAfterABlank(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(
                file,
                """
                {
                  "version": "1.0",
                  "truncation": null,
                  "padding": null,
                  "added_tokens": [],
                  "normalizer": {
                    "type": "Sequence",
                    "normalizers": [
                      {"type": "Prepend", "prepend": "\u2581"},
                      {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
                    ]
                  },
                  "pre_tokenizer": null,
                  "post_processor": null,
                  "decoder": {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "},
                  "model": {
                    "type": "BPE",
                    "dropout": null,
                    "unk_token": "<unk>",
                    "continuing_subword_prefix": null,
                    "end_of_word_suffix": null,
                    "fuse_unk": true,
                    "byte_fallback": false,
                    "vocab": {"<unk>": 0, "\u2581": 1, "a": 2, "b": 3, ".": 4, "\u2581a": 5, "\u2581b": 6},
                    "merges": ["\u2581 a", "\u2581 b"]
                  }
                }
                """);
        TextTokenizer tokenizer = TextTokenizer.load(file);
        assertArrayEquals(new int[] {5, 6, 4}, tokenizer.encode("a b."));
        BlankReader reader = new BlankReader(tokenizer, 7, MAX_LENGTH);
        assertArrayEquals(new int[] {5, 7, 6, 4}, reader.read("a ____ b.", 1).ids());
        assertArrayEquals(new int[] {5, 7, 4}, reader.read("a ____.", 1).ids());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\\____ ____            | ____ ##",
                "\\____:30 ____         | ____:30 ##",
                "at ____\\:30           | at ##:30",
                "\\[MASK] [MASK]        | [MASK] #",
                "\\[MASK][MASK]         | [MASK]#",
                "[MASK][MASK]\\:30      | ##:30",
                "[MASK]:3               | ###",
                "C:\\\\____              | C:\\##",
                "\\\\\\____ ____          | \\____ ##",
                "____\\\\:30             | ##\\:30",
                "\\ \\_ \\: \\n \\__ ____   | \\ \\_ \\: \\n \\__ ##",
                "____: ____:x ____:-1   | ##: ##:x ##:-1",
                "____:007               | #######",
                "____:3.5               | ###.5",
                "____ ____              | ## ##",
                "____[MASK]____         | #####",
                "____:\\*                | ##:\\*",
                "____\\:*                | ##:*",
                "____\\{digits}          | ##{digits}",
                "____\\\\{digits}        | ##\\{digits}",
                "____:3{digits}.        | ###.",
                "[MASK][MASK]{letters}  | ##",
                "____{digit} ____{}     | ##{digit} ##{}",
                "____:3\\{digits}        | ###{digits}",
            })
    void aBackslashMakesTextOfWhatWouldBeABlankOrItsSize(String text, String shown) {
        assertEquals(shown, shown(text));
    }

    @Test
    void backslashesWithoutABlankAreTextHoweverManyThereAre() {
        String text = "\\".repeat(200_001);
        BlankReader patient = new BlankReader(BYTES, MASK, 300_000);
        assertEquals(200_003, patient.read(text + " ___", 2).ids().length - 1);
    }

    @Test
    void aMarkBehindABlankIsKeptWhereMarksThatNoVocabularyHasAreOneWord(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        Files.writeString(
                file,
                """
                {"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "Whitespace"},
                 "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
                 "model": {"type": "WordLevel", "unk_token": "<unk>",
                           "vocab": {"<unk>": 0, ".": 1, "Paris": 2, "is": 3, "it": 4}}}
                """);
        TextTokenizer tokenizer = TextTokenizer.load(file);
        int mask = tokenizer.vocabulary();
        BlankReader reader = new BlankReader(tokenizer, mask, MAX_LENGTH);
        assertArrayEquals(new int[] {2, 3, mask, 1, 4, 3, mask, 1}, reader.read("Paris is ____. it is ____.", 1).ids());
        assertArrayEquals(new int[] {mask, 3, 4, 1}, reader.read("____ is it.", 1).ids());
    }

    @Test
    void theTokenizersOwnMaskIsABlankAndCanBeEscaped(@TempDir Path folder) throws IOException {
        TextTokenizer tokenizer = withMask(folder, "<|mdm_mask|>");
        int own = tokenizer.mask().orElseThrow();
        BlankReader reader = new BlankReader(tokenizer, own, MAX_LENGTH);
        BlankText text = reader.read("a <|mdm_mask|><|mdm_mask|> b [MASK]", 1);
        assertEquals(List.of(2, 1), text.blanks().stream().map(span -> span.to() - span.from()).toList());
        BlankText escaped = reader.read("a \\<|mdm_mask|> b ____", 1);
        assertEquals(1, escaped.blanks().size());
        assertEquals(1, Arrays.stream(escaped.ids()).filter(id -> id == own).count());
        int[] given = Arrays.copyOf(escaped.ids(), escaped.ids().length - 1);
        assertEquals("a <|mdm_mask|> b", tokenizer.decode(given));
    }

    /** The words' tokenizer with one token more. */
    private static TextTokenizer withMask(Path folder, String mask) throws IOException {
        Path file = folder.resolve("tokenizer.json");
        WORDS.save(file);
        String added =
                ", {\"id\": %d, \"content\": \"%s\", \"single_word\": false, \"lstrip\": false, \"rstrip\": false, "
                        + "\"normalized\": false, \"special\": true} ],";
        String json = Files.readString(file);
        int end = json.indexOf("],", json.indexOf("\"added_tokens\""));
        Files.writeString(
                file, json.substring(0, end) + added.formatted(WORDS.vocabulary(), mask) + json.substring(end + 2));
        return TextTokenizer.load(file);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "all _ there | text: found no blank in \"all _ there\", expected ____ or [MASK] somewhere",
                "\\____ [MAS] | text: found no blank in",
                "a ____:0    | text: found a blank of :0 tokens, expected at least one; write \\:0 if it is text",
                "a ____:000  | text: found a blank of :000 tokens, expected at least one",
                "____:12345  | text: found a blank of :12345 tokens, expected at most the model's 64 (block_size)",
                "____:99999999999999999999 | found a blank of :99999999999999999999 tokens",
                "[MASK][MASK]:3 | text: found 2 masks followed by :3, which is another number",
                "____:60 ____:60 | text: found 121 positions, expected at most the model's 64 (block_size)",
            })
    void whatIsNoBlankOrTooLargeIsRefused(String text, String sentence) {
        String message = assertThrows(InputException.class, () -> read(text)).getMessage();
        assertTrue(message.contains(sentence), message);
    }

    @Test
    void blanksThatNoMemoryWouldHoldAreCountedAndRefused() {
        String message = assertThrows(InputException.class, () -> read("____:64 ".repeat(200_000))).getMessage();
        assertEquals("text: found 13000000 positions, expected at most the model's 64 (block_size)", message);
    }

    private static List<String> variants(String text) {
        return new BlankReader(BYTES, MASK, MAX_LENGTH)
                .variants(text, 2).stream()
                        .map(read ->
                                Arrays.stream(read.ids())
                                                .mapToObj(id -> id == MASK ? "#" : BYTES.decode(id))
                                                .collect(Collectors.joining())
                                        + read.blanks().stream()
                                                .map(blank ->
                                                        BYTES.decode(
                                                                blank.choice().stream()
                                                                        .mapToInt(Integer::intValue)
                                                                        .toArray()))
                                                .toList())
                        .toList();
    }

    @Test
    void aRangeIsReadInEverySize() {
        assertEquals(List.of("a ##.[]", "a ###.[]", "a ####.[]"), variants("a ____:2-4."));
        assertEquals(List.of("##:3-[]"), variants("____\\:3-"));
        assertEquals(List.of("a ##-b[]"), variants("a ____:2-b"));
    }

    @Test
    void choicesAreReadOneByOneAndCombinedWithEachOther() {
        assertEquals(List.of("a ###![cat]", "a #####![horse]"), variants("a ____{cat|horse}!"));
        assertEquals(
                List.of("# #[a, x]", "# ##[a, yz]", "## #[bc, x]", "## ##[bc, yz]"), variants("___{a|bc} ___{x|yz}"));
        assertEquals(List.of("##{a|b}[]"), variants("____\\{a|b}"));
        assertEquals(List.of("##{a}[]"), variants("____{a}"));
        assertEquals(List.of("#[a]", "###[b|c]", "##[\\d]"), variants("____{a|b\\|c|\\d}"));
        assertEquals(List.of("######[digits]", "#######[letters]"), variants("____{digits|letters}"));
    }

    @Test
    void aBlankOfUnknownSizeIsReadInSizesThatDouble() {
        assertEquals(List.of(1, 2, 4, 8, 16, 32), unknownSizes("a ____:* b"), "64 would not fit");
        assertEquals(List.of(3, 6, 12, 24, 48), unknownSizes("a ____:3-* b"));
        assertEquals(List.of(60), unknownSizes("a ____:60-* b"));
    }

    private static List<Integer> unknownSizes(String text) {
        return new BlankReader(BYTES, MASK, MAX_LENGTH)
                .variants(text, 2).stream().map(read -> read.unknown().getFirst().tokens()).toList();
    }

    @Test
    void atTheEndOfATextItTakesAllTheRoomThereIs() {
        List<BlankText> read = new BlankReader(BYTES, MASK, MAX_LENGTH).variants("a ____:*", 2);
        assertEquals(1, read.size());
        assertTrue(read.getFirst().ended());
        assertEquals(MAX_LENGTH, read.getFirst().ids().length);
    }

    private static String allowed(TextTokenizer tokenizer, String text, int position) {
        BlankText read = new BlankReader(tokenizer, tokenizer.vocabulary(), MAX_LENGTH).read(text, 1);
        return read.allowed().get(position).stream()
                .mapToObj(id -> tokenizer.decode(id))
                .sorted()
                .collect(Collectors.joining());
    }

    @Test
    void kindsOfTokensAreAllTokensMadeOfNothingElse() {
        assertEquals("0123456789", allowed(BYTES, "in ____:2{digits}", 3));
        assertEquals("0123456789", allowed(BYTES, "in ____:2{digits}", 4));
        String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        assertEquals(letters, allowed(BYTES, "in ____:2{letters}", 4));
    }

    /** "The capital of" has tokens such as " capital" and "a". */
    @Test
    void theFirstTokenOfAWordBringsItsSpaceWhereTheTextHasOneAndOnlyThere() {
        BlankReader reader = new BlankReader(WORDS, WORDS.vocabulary(), MAX_LENGTH);
        BlankText spaced = reader.read("The ____:3{letters} of", 1);
        int from = spaced.blanks().getFirst().from();
        assertTrue(spaced.allowed().get(from).get(WORDS.encode(" capital")[0]));
        assertTrue(spaced.allowed().get(from).stream().allMatch(id -> WORDS.decode(id).startsWith(" ")));
        assertTrue(spaced.allowed().get(from + 1).stream().noneMatch(id -> WORDS.decode(id).startsWith(" ")));
        BlankText joined = reader.read("(____:3{words})", 1);
        int first = joined.blanks().getFirst().from();
        assertTrue(joined.allowed().get(first).stream().noneMatch(id -> WORDS.decode(id).startsWith(" ")));
        assertTrue(joined.allowed().get(first + 1).stream().anyMatch(id -> WORDS.decode(id).startsWith(" ")));
        BlankText number = reader.read("In ____:2{digits}", 1);
        assertEquals("In ", WORDS.decode(Arrays.copyOf(number.ids(), number.blanks().getFirst().from())));
    }

    @Test
    void rangesAndChoicesThatMakeNoSenseAreRefused() {
        for (String[] wrong :
                new String[][] {
                    {"____:4-2", "text: found a blank of :4-2 tokens, expected the smaller number first"},
                    {"____:0-2", "text: found a blank of :0 tokens, expected at least one"},
                    {"____{a||b}", "text: found an empty choice in {a||b}"},
                    {"____:3{a|b}", "text: found the size :3 beside choices in braces, expected one of them"},
                    {"____:0-*", "text: found a blank of :0 tokens, expected at least one"},
                    {"____:* a____:*b ____:*c", "text: found 343 ways to fill in choices"},
                    {"____:1-20____:1-20", "text: found 400 ways to fill in choices"},
                }) {
            String message = assertThrows(InputException.class, () -> variants(wrong[0])).getMessage();
            assertTrue(message.startsWith(wrong[1]), message);
        }
    }
}
