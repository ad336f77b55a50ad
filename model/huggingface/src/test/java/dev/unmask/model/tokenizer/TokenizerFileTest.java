package dev.unmask.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

class TokenizerFileTest {
    private static final String WORD_PIECE =
            """
            {"version": "1.0", "truncation": {"max_length": 3, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
             "padding": null,
             "added_tokens": [
               {"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
               {"id": 1, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
               {"id": 2, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
             "normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "BertPreTokenizer"},
             "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]},
             "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": false},
             "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
               "max_input_chars_per_word": 100,
               "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "mask": 3, "##ed": 4, "text": 5}}}
            """;

    @TempDir private Path folder;

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("tokenizer.json"), content);
    }

    private String refusal(String content) throws IOException {
        Path file = file(content);
        String message = assertThrows(IOException.class, () -> TextTokenizer.load(folder)).getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    @Test
    void otherKindsAreReadByHuggingFacesLibraryWithoutTruncationAndWithoutAddedTokens() throws IOException {
        file(WORD_PIECE);
        TextTokenizer tokenizer = TextTokenizer.load(folder);
        assertArrayEquals(new int[] {3, 4, 5, 0, 5, 2}, tokenizer.encode("Masked text zzz text[SEP]"));
        assertEquals("masked text", tokenizer.decode(3, 4, 5));
        assertEquals(6, tokenizer.vocabulary());
        assertEquals(OptionalInt.of(0), tokenizer.unknown());
        assertEquals(OptionalInt.of(1), tokenizer.beginOfText());
        assertEquals(OptionalInt.of(2), tokenizer.endOfText());
        assertEquals(OptionalInt.empty(), tokenizer.mask());
        assertEquals(Set.of(0, 1, 2), tokenizer.special());
        assertEquals("##ed", tokenizer.token(4));
        assertEquals("masked\uFFFDtext\uFFFD", tokenizer.decode(3, 4, 6, 5, 700));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<!DOCTYPE html><html></html> | it is a web page",
                "version https://git-lfs.github.com/spec/v1 | it is a Git-LFS pointer",
                "%PDF-1.7 | it is a PDF file",
            })
    void anotherFileInThePlaceOfATokenizerIsToldForWhatItIs(String content, String finding) throws IOException {
        Path file = file(content);
        String message = assertThrows(InputException.class, () -> TextTokenizer.load(folder)).getMessage();
        assertTrue(message.startsWith(file + ": " + finding), message);
    }

    @Test
    void twoTokenizersInOneFileAreRefused() throws IOException {
        assertTrue(refusal(WORD_PIECE + WORD_PIECE).contains("it is not JSON"));
    }

    @Test
    void idsThatTheVocabularyLeavesOutAreKnownAndDecodedAsTheReplacementCharacter() throws IOException {
        file(WORD_PIECE.replace("\"text\": 5", "\"text\": 9"));
        TextTokenizer other = TextTokenizer.load(folder);
        assertEquals(Set.of(5, 6, 7, 8, 10, 11), other.unassigned(12));
        assertEquals("masked\uFFFDtext", other.decode(3, 4, 7, 9));

        TextTokenizer bytes = new BytePairTrainer(260).train();
        bytes.save(folder);
        String gap =
                Files.readString(folder.resolve("tokenizer.json"))
                        .replaceFirst("\"id\" : \\d+", "\"id\" : 300")
                        .replaceFirst("(\"<\\|endoftext\\|>\" : )\\d+", "$1300");
        file(gap);
        TextTokenizer holes = TextTokenizer.load(folder);
        assertInstanceOf(BytePairEncoding.class, holes);
        assertEquals(301, holes.vocabulary());
        int lost = holes.unassigned(301).stream().mapToInt(id -> id).min().orElseThrow();
        assertEquals("\uFFFD<|endoftext|>", holes.decode(lost, 300));
    }

    @Test
    void theConfigurationBesideSaysWhichTokensAreSpecialAndIsSavedWithTheFile() throws IOException {
        file(WORD_PIECE);
        Files.writeString(
                folder.resolve("tokenizer_config.json"),
                "{\"eos_token\": {\"content\": \"text\"}, \"bos_token\": \"mask\", \"mask_token\": \"##ed\"}");
        TextTokenizer tokenizer = TextTokenizer.load(folder);
        assertEquals(OptionalInt.of(5), tokenizer.endOfText());
        assertEquals(OptionalInt.of(3), tokenizer.beginOfText());
        assertEquals(OptionalInt.of(4), tokenizer.mask());
        assertEquals(Set.of(0, 1, 2, 3, 4, 5), tokenizer.special());
        assertFalse(tokenizer.beginsTexts());

        Path copy = Files.createDirectory(folder.resolve("copy"));
        tokenizer.save(copy);
        assertEquals(tokenizer.fingerprint(), TextTokenizer.load(copy).fingerprint());
        assertEquals(OptionalInt.of(5), TextTokenizer.load(copy).endOfText());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{\"type\": \"BertProcessing\", \"sep\": [\"[SEP]\", 2], \"cls\": [\"[CLS]\", 1]} ~ {} ~ true",
                "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"[CLS]\", \"type_id\":"
                    + " 0}}, {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}], \"pair\": [{\"Sequence\": {\"id\":"
                    + " \"A\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"B\", \"type_id\": 1}}], \"special_tokens\":"
                    + " {\"[CLS]\": {\"id\": \"[CLS]\", \"ids\": [1], \"tokens\": [\"[CLS]\"]}}} ~ {} ~ true",
                "{\"type\": \"BertProcessing\", \"sep\": [\"[SEP]\", 2], \"cls\": [\"[CLS]\", 1]} "
                        + "~ {\"add_bos_token\": false} ~ false",
                "null ~ {} ~ false",
                "null ~ {\"add_bos_token\": true} ~ true",
            })
    void aTemplateOrTheConfigurationSaysWhetherTextsBegin(String processor, String configuration, boolean begins)
            throws IOException {
        file(WORD_PIECE.replaceFirst("\\{\"type\": \"BertProcessing\".*?}", Matcher.quoteReplacement(processor)));
        Files.writeString(folder.resolve("tokenizer_config.json"), configuration);
        assertEquals(begins, TextTokenizer.load(folder).beginsTexts());
    }

    @Test
    void byteLevelFilesWithExtrasAreLeftToHuggingFacesLibrary() throws IOException {
        new BytePairTrainer(257).train().save(folder);
        String plain = Files.readString(folder.resolve("tokenizer.json"));
        assertInstanceOf(BytePairEncoding.class, TextTokenizer.load(folder));
        for (String extra :
                new String[] {
                    "\"normalizer\" : {\"type\": \"NFC\"}",
                    "\"ignore_merges\" : true",
                    "\"add_prefix_space\" : true",
                    "\"lstrip\" : true"
                }) {
            String key = extra.substring(0, extra.indexOf(':') + 1);
            String changed = plain.replaceFirst(Pattern.quote(key) + " \\w+", extra);
            assertNotEquals(plain, changed, key);
            file(changed);
            assertInstanceOf(HuggingFaceTokenizer.class, TextTokenizer.load(folder), extra);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{\"model\": ~ not JSON at line 1",
                "[1, 2] ~ no JSON object",
                "{} ~ no model",
                "{\"model\": {\"vocab\": 3}} ~ no model",
                "{\"model\": {\"vocab\": {\"a\": 0, \"a\": 1}}} ~ Duplicate field 'a'",
                "{\"model\": {\"vocab\": {\"a\": 0, \"b\": 0}}} ~ id 0 is given to both \"a\" and \"b\"",
                "{\"model\": {\"vocab\": {\"a\": -1}}} ~ token \"a\" has the id -1",
                "{\"model\": {\"vocab\": {\"a\": 4000000000}}} ~ token \"a\" has the id 4000000000",
                "{\"model\": {\"vocab\": {\"a\": 0}}, \"added_tokens\": [{\"id\": 1}]} ~ entry 0 of added_tokens has no"
                        + " content",
                "{\"model\": {\"type\": \"Nonsense\", \"vocab\": {\"a\": 0}}} ~ Hugging Face's library refuses it"
            })
    void malformedFilesAreRefusedInOneSentence(String content, String found) throws IOException {
        String message = refusal(content);
        assertTrue(message.contains(found), message);
        assertTrue(message.contains("download it again"), message);
    }

    @Test
    void mergesOfUnknownTokensAreRefused() throws IOException {
        new BytePairTrainer(257).train().save(folder);
        String plain = Files.readString(folder.resolve("tokenizer.json"));
        for (String merge : new String[] {"\"a b\"", "\"ab\"", "\"a  b\"", "[\"a\", \"zz\"]", "7"}) {
            String message = refusal(plain.replaceFirst("\"merges\" : \\[[^\\]]*\\]", "\"merges\" : [" + merge + "]"));
            assertTrue(message.contains("merge 0"), message);
        }
    }

    @Test
    void aMissingFileIsNamedWithWhatWasExpected() {
        String message = assertThrows(IOException.class, () -> TextTokenizer.load(folder)).getMessage();
        assertTrue(message.contains("tokenizer.json") && message.contains("no such file"), message);
    }
}
