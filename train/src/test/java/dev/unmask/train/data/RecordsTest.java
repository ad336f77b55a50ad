package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;
import dev.unmask.train.data.CorpusEntry.Document;
import dev.unmask.train.data.CorpusEntry.Lost;
import dev.unmask.train.data.CorpusEntry.Part;
import dev.unmask.train.data.TextFiles.Layout;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** How records become documents, and what is told of those that do not. */
class RecordsTest {
    private static final String CHAT =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Hello\"},"
                    + "{\"role\":\"user\",\"content\":\"Bye\"},{\"role\":\"assistant\",\"content\":\"Later\"}]}";
    private static final String SYSTEM =
            "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful,"
                    + " detailed, and polite answers to the user's questions.";

    @TempDir private Path folder;

    private List<CorpusEntry> read(String name, String content, RecordSettings records) throws IOException {
        Path file = Files.writeString(folder.resolve(name), content);
        Layout layout =
                Stream.of(Layout.values()).filter(one -> one.takes(file)).reduce((first, last) -> last).orElseThrow();
        try (Stream<CorpusEntry> entries = new TextFiles(List.of(file), layout, records).entries(bytes -> {})) {
            return entries.toList();
        }
    }

    private static List<String> texts(List<CorpusEntry> entries) {
        return entries.stream()
                .map(entry ->
                        switch (entry) {
                            case Document document -> document.text();
                            case Lost lost -> "lost: " + lost.message();
                        })
                .toList();
    }

    private static List<Part> parts(CorpusEntry entry) {
        return ((Document) entry).parts();
    }

    private static RecordSettings turns(String which) {
        return new RecordSettings("", "", "", "", which, "auto", "");
    }

    private static RecordSettings template(String text) {
        return new RecordSettings("", "", "", "", "last", "auto", text);
    }

    private static RecordSettings style(String style) {
        return new RecordSettings("", "", "", "", "last", style, "");
    }

    @ParameterizedTest
    @CsvSource({"body", "review.body"})
    void anyFieldMayHoldTheText(String field) throws IOException {
        RecordSettings named = new RecordSettings(field, "", "", "", "last", "auto", "");
        String line = "{\"id\":1,\"text\":\"no\",\"body\":\"yes\",\"review\":{\"body\":\"yes\"}}\n";
        assertEquals(List.of("yes"), texts(read("a.jsonl", line, named)));
    }

    @Test
    void ofAPromptAndItsCompletionThePromptIsGiven() throws IOException {
        List<CorpusEntry> usual =
                read("a.jsonl", "{\"prompt\":\"2+2\",\"completion\":\" = 4\"}", RecordSettings.DEFAULT);
        List<Part> expected = List.of(new Part("2+2", true), new Part(" = 4", false));
        assertEquals(expected, parts(usual.getFirst()));
        RecordSettings named = new RecordSettings("", "q", "a", "", "last", "auto", "");
        assertEquals(expected, parts(read("b.jsonl", "{\"q\":\"2+2\",\"a\":\" = 4\"}", named).getFirst()));
    }

    @Test
    void ofAChatOneAnswerOrEachIsLearntAndAllBeforeItIsGiven() throws IOException {
        Part first = new Part(SYSTEM + " USER: Hi ASSISTANT:", true);
        Part second = new Part(SYSTEM + " USER: Hi ASSISTANT: Hello USER: Bye ASSISTANT:", true);
        assertEquals(
                List.of(first, new Part(" Hello", false)), parts(read("a.jsonl", CHAT, turns("first")).getFirst()));
        assertEquals(
                List.of(second, new Part(" Later", false)), parts(read("a.jsonl", CHAT, turns("last")).getFirst()));
        List<CorpusEntry> each = read("a.jsonl", CHAT, turns("each"));
        assertEquals(
                List.of(List.of(first, new Part(" Hello", false)), List.of(second, new Part(" Later", false))),
                each.stream().map(RecordsTest::parts).toList());
        assertEquals(1, each.stream().map(entry -> ((Document) entry).group()).distinct().count());
    }

    @Test
    void shareGptGivesTheFirstExchangeAsItWasPublished() throws IOException {
        String good =
                "{\"conversations\":[{\"from\":\"human\",\"value\":\"Hi\"},{\"from\":\"gpt\",\"value\":\"Hello\"}]}\n";
        String bad = "{\"conversations\":[{\"from\":\"gpt\",\"value\":\"Hello\"}]}\n";
        List<CorpusEntry> entries = read("a.jsonl", good + bad, style("sharegpt"));
        assertEquals(
                List.of(new Part(SYSTEM + " USER: Hi ASSISTANT:", true), new Part("Hello", false)),
                parts(entries.getFirst()));
        assertTrue(
                texts(entries).get(1).startsWith("lost: " + folder.resolve("a.jsonl") + ", line 2: found no question"),
                texts(entries).get(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.txt", "a.jsonl"})
    void aProblemIsLearntInTwoPieces(String name) throws IOException {
        String line =
                name.endsWith("txt")
                        ? "1+1?||One and one. #### 2\n"
                        : "{\"question\":\"1+1?\",\"answer\":\"One and one. #### 2\"}\n";
        List<CorpusEntry> entries = read(name, line, style("gsm8k"));
        assertEquals(
                List.of(new Part("Question: 1+1?", true), new Part("Answer: One and one. ", false)),
                parts(entries.get(0)));
        assertEquals(
                List.of(
                        new Part("Question: 1+1?", true),
                        new Part("Answer: One and one. ", true),
                        new Part("#### 2", false)),
                parts(entries.get(1)));
        assertEquals(((Document) entries.get(0)).group(), ((Document) entries.get(1)).group());
    }

    @Test
    void aTemplateIsFilledWithFieldsAndSaysWhereWhatIsGivenEnds() throws IOException {
        List<CorpusEntry> entries =
                read("a.jsonl", "{\"name\":\"Ann\",\"age\":30,\"job\":null}", template("{name} {{{age}}} {|}{job}x"));
        assertEquals(List.of(new Part("Ann {30} ", true), new Part("x", false)), parts(entries.getFirst()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{name", "name}", "{}", "no field", "{a}{|}{|}"})
    void aTemplateThatCannotBeFilledIsRefused(String text) {
        assertThrows(InputException.class, () -> template(text));
    }

    @Test
    void whatHoldsNoDocumentIsNamedByFileAndLineAndTheRestIsRead() throws IOException {
        Path file = folder.resolve("a.jsonl");
        byte[] notUtf8 = "{\"text\":\"caf\u00e9\"}\n".getBytes(StandardCharsets.ISO_8859_1);
        Files.writeString(file, "{\"text\":\"one\"}\n{\"text\":\nnot json\n{\"body\":\"x\"}\n{\"text\":null}\n");
        Files.write(file, notUtf8, StandardOpenOption.APPEND);
        Files.writeString(file, "{\"text\":\"two\"}", StandardOpenOption.APPEND);
        List<String> texts;
        try (Stream<CorpusEntry> entries = new TextFiles(List.of(file), Layout.JSON_LINES).entries(bytes -> {})) {
            texts = texts(entries.toList());
        }
        assertEquals(7, texts.size());
        assertEquals("one", texts.getFirst());
        assertEquals("two", texts.getLast());
        for (int line = 2; line < 7; line++) {
            String told = texts.get(line - 1);
            assertTrue(told.startsWith("lost: " + file + ", line " + line + ": "), told);
        }
    }

    @Test
    void aTableHasARecordARowWithQuotesSeparatorsAndLineEndsInValues() throws IOException {
        String table =
                "id,text\n"
                        + "1,plain\n"
                        + "2,\"a, b\"\n"
                        + "3,\"said \"\"no\"\"\"\n"
                        + "4,\"two\n"
                        + "lines\"\n"
                        + "5,6\" nails\n"
                        + "6\n"
                        + "7,\"\"\n"
                        + "8,end\n";
        List<String> texts = texts(read("a.csv", table, RecordSettings.DEFAULT));
        assertEquals(List.of("plain", "a, b", "said \"no\"", "two\nlines", "6\" nails"), texts.subList(0, 5));
        assertTrue(texts.get(5).contains("a.csv, line 8: found 1 values, expected 2"), texts.get(5));
        assertEquals("end", texts.get(6), "an empty text is no document");
    }

    @ParameterizedTest
    @CsvSource({"a.tsv,'\t'", "a.csv,;"})
    void tablesMayBeSeparatedByTabsOrSemicolons(String name, String separator) throws IOException {
        String table = "text" + separator + "n\na, b" + separator + "1\n";
        assertEquals(List.of("a, b"), texts(read(name, table, RecordSettings.DEFAULT)));
    }

    @Test
    void aQuoteThatIsNeverClosedLosesItsRow() throws IOException {
        List<String> texts = texts(read("a.csv", "text,n\nok,1\n\"open,2\nx,3\n", RecordSettings.DEFAULT));
        assertEquals("ok", texts.getFirst());
        assertTrue(texts.getLast().contains("line 3: found a double quote that is not closed"), texts.getLast());
    }

    @Test
    void textBehindAClosingQuoteLosesItsRowAndBlanksDoNot() throws IOException {
        List<String> texts =
                texts(
                        read(
                                "a.csv",
                                "text,n\n\"ok\" ,1\n\"she said \"hi\" to me\",2\nno \"quotes\",3\n",
                                RecordSettings.DEFAULT));
        assertEquals("ok", texts.get(0).strip());
        assertTrue(
                texts.get(1).contains("line 3: found \"hi\" to me\",2\" behind a closing double quote"), texts.get(1));
        assertEquals("no \"quotes\"", texts.get(2));
    }

    @Test
    void aQuoteThatIsNeverClosedLosesAtMostTenThousandLinesMoreAndTheRestIsRead() throws IOException {
        String table = "text,n\n\"open,2\n" + "x,3\n".repeat(10_000) + "ok,4\n";
        List<String> texts = texts(read("a.csv", table, RecordSettings.DEFAULT));
        assertEquals(2, texts.size());
        assertTrue(texts.getFirst().contains("line 2: found a double quote that is not closed"), texts.getFirst());
        assertEquals("ok", texts.getLast());
    }

    @Test
    void theNameOfAColumnMayGoOverLinesAsAnyValueAndMustEnd() throws IOException {
        RecordSettings named = new RecordSettings("the\ntext", "", "", "", "last", "auto", "");
        assertEquals(List.of("yes"), texts(read("a.csv", "n,\"the\ntext\"\n1,yes\n", named)));
        String message =
                assertThrows(InputException.class, () -> read("b.csv", "n,\"text\n1,yes\n", RecordSettings.DEFAULT))
                        .getMessage();
        assertTrue(message.contains("b.csv, line 1: found the columns [n, text"), message);
        assertTrue(message.contains("in double quotes that are not closed"), message);
    }

    @Test
    void twoWaysToReadARecordAreRefused() {
        assertThrows(InputException.class, () -> new RecordSettings("body", "q", "a", "", "last", "auto", ""));
        assertThrows(InputException.class, () -> new RecordSettings("", "q", "", "", "last", "auto", ""));
        assertThrows(InputException.class, () -> turns("middle"));
        assertThrows(InputException.class, () -> style("llama"));
    }
}
