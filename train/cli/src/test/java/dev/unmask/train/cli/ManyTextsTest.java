package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Commands that read many texts give each the result that it has alone. */
class ManyTextsTest {
    private static final List<String> TEXTS =
            List.of(
                    "the ____ sleeps",
                    "a ____:4 on the ____",
                    "____",
                    "the cat sleeps on the mat the dog sleeps on the mat the ____ on a mat",
                    "a ____ a",
                    "____:3 dog");

    @TempDir private Path folder;
    private String model;

    @BeforeEach
    void save() throws IOException {
        model = SavedModel.masked(folder.resolve("masked")).toString();
    }

    private String file(String name, List<String> lines) throws IOException {
        return Files.write(folder.resolve(name), lines).toString();
    }

    private CommandLineOutcome of(String command, String... options) {
        List<String> all = new ArrayList<>(List.of(command, "--model", model));
        all.addAll(Arrays.asList(options));
        return CommandLineOutcome.of(all.toArray(String[]::new));
    }

    private List<String> lines(String command, String... options) {
        CommandLineOutcome outcome = of(command, options);
        assertEquals(0, outcome.code(), outcome.err());
        return outcome.out().lines().toList();
    }

    private List<ObjectNode> objects(String command, String... options) {
        return lines(command, options).stream().map(line -> StrictJson.parse(line, "result")).toList();
    }

    private static CommandLineOutcome reading(String standardInput, Supplied command) {
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream(standardInput.getBytes(StandardCharsets.UTF_8)));
            return command.run();
        } finally {
            System.setIn(before);
        }
    }

    private interface Supplied {
        CommandLineOutcome run();
    }

    @ParameterizedTest
    @CsvSource({"1,0,1", "2,0,1", "4,1,1", "16,0.7,1", "16,0,3"})
    void eachIsFilledAsItIsAlone(String batch, String temperature, String alternatives) throws IOException {
        String[] how = {"--temperature", temperature, "--alternatives", alternatives};
        List<String> alone = new ArrayList<>();
        for (String text : TEXTS) {
            String[] options = Arrays.copyOf(how, 5);
            options[4] = text;
            alone.addAll(lines("fill", options));
        }
        String[] options = Arrays.copyOf(how, 8);
        System.arraycopy(
                new String[] {"--batch", batch, "--input", file("texts.txt", TEXTS)}, 0, options, 4, 4);
        assertEquals(alone, lines("fill", options));
    }

    @Test
    void programsReadAnObjectALine() throws IOException {
        List<ObjectNode> results =
                objects("fill", "--json", "--input", file("t.jsonl", List.of("{\"id\":7,\"text\":\"a ____\\nb\"}")));
        ObjectNode result = results.getFirst();
        assertEquals(1, result.get("line").asInt());
        assertEquals(7, result.get("id").asInt());
        assertEquals("a ____\nb", result.get("text").asText());
        assertEquals(1, result.get("fillings").get(0).get("evaluations").asInt());
        assertEquals(1, result.get("fillings").get(0).get("blanks").get(0).get("tokens").size());
        assertTrue(result.get("fillings").get(0).get("log_probability").asDouble() < 0);
    }

    @Test
    void standardInputIsReadToo() {
        CommandLineOutcome plain = reading("the ____\na ____\n", () -> of("fill", "--input", "-"));
        assertEquals(2, plain.out().lines().count(), plain.out() + plain.err());
        CommandLineOutcome json =
                reading("{\"text\": \"the ____\", \"id\": \"x\"}\n", () -> of("fill", "--input", "-", "--json"));
        assertTrue(json.out().startsWith("{\"line\":1,\"id\":\"x\",\"text\":\"the ____\""), json.out() + json.err());
    }

    @ParameterizedTest
    @CsvSource({"1,0,false", "2,1,false", "3,0.7,true", "16,1,true"})
    void eachPromptIsContinuedAsItIsAlone(String batch, String temperature, boolean causal) throws IOException {
        if (causal) {
            model = SavedModel.causal(folder.resolve("causal")).toString();
        }
        List<String> prompts = List.of("the cat", "a", "the dog sleeps on", "mat");
        String[] how = {"--length", "9", "--count", "2", "--temperature", temperature};
        List<String> alone = new ArrayList<>();
        for (String prompt : prompts) {
            String[] options = Arrays.copyOf(how, 8);
            options[6] = "--prompt";
            options[7] = prompt;
            alone.addAll(lines("sample", options));
        }
        String[] options = Arrays.copyOf(how, 10);
        System.arraycopy(
                new String[] {"--batch", batch, "--input", file("prompts.txt", prompts)}, 0, options, 6, 4);
        assertEquals(alone, lines("sample", options));
    }

    @Test
    void samplesForPrograms() throws IOException {
        String input = file("p.jsonl", List.of("{\"prompt\":\"the cat\",\"id\":[1]}", "{\"prompt\":\"\"}"));
        List<ObjectNode> results = objects("sample", "--input", input, "--json", "--count", "2", "--length", "6");
        assertEquals(List.of(1, 1, 2, 2), results.stream().map(result -> result.get("line").asInt()).toList());
        assertEquals(List.of(0, 1, 0, 1), results.stream().map(result -> result.get("sample").asInt()).toList());
        assertEquals(6, results.getFirst().get("tokens").size());
        assertEquals("[1]", results.getFirst().get("id").toString());
        assertTrue(results.getFirst().get("text").asText().startsWith("the cat"), results.toString());
    }

    @Test
    void likelihoodsAreThoseOfEachAlone() throws IOException {
        List<String> targets = List.of("the cat", "a", "dog sleeps on the mat the dog");
        List<String> alone = new ArrayList<>();
        for (String target : targets) {
            alone.addAll(lines("eval", "--prefix", "the dog ", "--target", target, "--samples", "16"));
        }
        String input = file("targets.txt", targets);
        assertEquals(alone, lines("eval", "--prefix", "the dog ", "--input", input, "--samples", "16"));
    }

    @Test
    void likelihoodsForPrograms() throws IOException {
        String input = file("t.jsonl", List.of("{\"prefix\":\"the\",\"target\":\" cat sleeps\"}", "{\"target\":\"a\"}"));
        List<ObjectNode> results = objects("eval", "--input", input, "--json", "--samples", "64");
        assertEquals(2, results.get(0).get("tokens").asInt());
        assertEquals(1, results.get(1).get("tokens").asInt());
        assertFalse(results.get(0).get("exact").asBoolean());
        assertTrue(results.get(0).get("standard_error").asDouble() > 0);
    }

    @Test
    void aCausalModelSaysExactlyHowLikelyATextIs() throws IOException {
        model = SavedModel.causal(folder.resolve("causal")).toString();
        List<String> one = lines("eval", "--prefix", "the", "--target", " cat sleeps");
        assertTrue(one.getFirst().contains("nats (exact), 2 tokens"), one.toString());
        assertTrue(one.getFirst().endsWith(", 1 evaluation"), one.toString());
        CommandLineOutcome bare = of("eval", "--target", "cat");
        assertEquals(2, bare.code());
        assertTrue(bare.err().contains("pass what stands before by --prefix"), bare.err());
        CommandLineOutcome drawn = of("eval", "--prefix", "a", "--target", "cat", "--estimator", "mc");
        assertEquals(2, drawn.code());
        assertTrue(drawn.err().contains("--estimator: found an autoregressive model"), drawn.err());
    }

    @Test
    void onlyAMaskedModelFillsBlanks() throws IOException {
        model = SavedModel.causal(folder.resolve("causal")).toString();
        CommandLineOutcome fill = of("fill", "a ____");
        assertEquals(2, fill.code());
        assertTrue(fill.err().contains("found an autoregressive model"), fill.err());
        assertTrue(fill.err().contains("go on with a text by TextSampler (unmask sample)"), fill.err());
    }

    @Test
    void anyNumberOfOrdersGoesThroughInBatches() {
        String[] options = {"--target", "cat sleeps", "--estimator", "any_order", "--samples", "10", "--batch", "4"};
        assertTrue(lines("eval", options).getFirst().contains("2 tokens"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "fill --dry-run a____b | fill 1 text of at most 3 tokens; 1 passes",
                "fill --dry-run a____:3 | fill 1 text of at most 4 tokens; 3 passes",
                "sample --dry-run --length 6 --count 20 | sample 20 texts of 6 tokens, 16 at a time; at most 6 passes",
                "eval --dry-run --target a_cat --samples 32 | measure 1 text of at most 2 tokens; 32 passes",
            })
    void aDryRunSaysWhatWouldBeDone(String arguments, String what) {
        String[] words = arguments.replace("a_cat", "a@cat").split(" ");
        String[] options = Arrays.stream(words).skip(1).map(word -> word.replace('@', ' ')).toArray(String[]::new);
        List<String> printed = lines(words[0], options);
        assertTrue(printed.getFirst().startsWith(what), printed.toString());
        assertTrue(printed.getLast().endsWith("fits"), printed.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a ____;no blank here | texts.txt, line 2: text: found no blank",
                "a ____:0 | texts.txt, line 1: ",
                "'' | --input: found no text in ",
            })
    void aTextThatCannotBeFilledIsNamedBeforeAnyIsFilled(String lines, String sentence) throws IOException {
        List<String> texts = lines.isEmpty() ? List.of() : List.of(lines.split(";"));
        CommandLineOutcome outcome = of("fill", "--input", file("texts.txt", texts));
        assertEquals(2, outcome.code());
        assertTrue(outcome.err().contains(sentence), outcome.err());
        assertEquals("", outcome.out());
    }

    @Test
    void whatContradictsItselfIsRefused() throws IOException {
        String input = file("texts.txt", TEXTS);
        for (String[] wrong :
                new String[][] {
                    {"fill", "--input", input, "a ____"},
                    {"fill", "--input", input, "--watch"},
                    {"fill", "--input", folder.toString()},
                    {"fill", "--input", folder.resolve("missing").toString()},
                    {"fill"},
                    {"fill", "--batch", "0", "--input", input},
                    {"sample", "--input", input, "--prompt", "a"},
                    {"sample", "--input", input, "--length", "3"},
                    {"sample", "--count", "2000000000"},
                    {"eval", "--input", input, "--target", "a"},
                    {"eval", "--target", "a", "--draws", "3"},
                    {"eval", "--samples", "3"},
                    {"eval", "--input", file("bad.jsonl", List.of("{\"target\": 5}"))},
                    {"eval", "--input", file("none.jsonl", List.of("{\"text\": \"a\"}"))},
                }) {
            CommandLineOutcome outcome = of(wrong[0], Arrays.copyOfRange(wrong, 1, wrong.length));
            assertEquals(2, outcome.code(), () -> String.join(" ", wrong) + outcome);
            assertFalse(outcome.err().contains("\tat "), outcome.err());
        }
    }
}
