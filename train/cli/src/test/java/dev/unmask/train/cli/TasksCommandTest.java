package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

@TestInstance(Lifecycle.PER_CLASS)
class TasksCommandTest {
    private static final String TABLE =
            """
            | task | documents | metric | value | ± |
            | --- | ---: | --- | ---: | ---: |
            """;

    private Path data;
    private Path masked;
    private Path causal;

    @BeforeAll
    void write(@TempDir Path folder) throws IOException {
        data = Files.createDirectory(folder.resolve("data"));
        Path piqa = Files.createDirectory(data.resolve("piqa"));
        Files.writeString(
                piqa.resolve("valid.jsonl"),
                """
                {"goal": "Cool tea.", "sol1": "Blow.", "sol2": "Boil it."}
                {"goal": "Ñandú?", "sol1": "Eat it.", "sol2": "Look at it."}
                """);
        Files.writeString(piqa.resolve("valid-labels.lst"), "0\n1\n");
        Files.writeString(
                data.resolve("lambada_standard.jsonl"), "{\"text\": \"on the mat\"}\n{\"text\": \"in a hut\"}\n");
        Files.writeString(
                data.resolve("gsm8k.jsonl"), "{\"question\": \"2 + 2?\", \"answer\": \"Two twos.\\n#### 4\"}\n");
        masked = model(folder.resolve("masked"), false);
        causal = model(folder.resolve("causal"), true);
    }

    private static Path model(Path folder, boolean causal) throws IOException {
        try (Backend backend = Backends.open("vector", new BackendOptions(1, ""))) {
            ModelConfig config = new ModelConfig(1, 2, 16, 32, 257, 2, causal, 1e-5f, 10000, false, 64);
            ModelFolder.save(Initialization.of(backend, config, 1), folder);
        }
        new ByteTokenizer().save(folder);
        return folder;
    }

    private CommandLineOutcome tasks(Path model, String tasks, Path out, String... more) {
        List<String> arguments = new ArrayList<>(List.of("tasks", "--data", data.toString(), "--task", tasks));
        arguments.addAll(List.of("--model", model.toString(), "--out", out.toString()));
        arguments.addAll(Arrays.asList(more));
        return CommandLineOutcome.of(arguments.toArray(String[]::new));
    }

    @Test
    void requestsArePrintedWithoutAModel() {
        CommandLineOutcome printed =
                CommandLineOutcome.of("tasks", "--data", data.toString(), "--task", "piqa,gsm8k", "--print-requests");
        assertEquals(0, printed.code(), printed.err());
        assertEquals(
                """
                {"task":"piqa","context":"Question: Cool tea.\\nAnswer:","continuation":" Blow."}
                {"task":"piqa","context":"Question: Cool tea.\\nAnswer:","continuation":" Boil it."}
                {"task":"piqa","context":"Question: Ñandú?\\nAnswer:","continuation":" Eat it."}
                {"task":"piqa","context":"Question: Ñandú?\\nAnswer:","continuation":" Look at it."}
                {"task":"gsm8k","context":"Question: 2 + 2?\\nAnswer:","continuation":\
                {"until":["Question:","</s>","<|im_end|>"],"do_sample":false,"temperature":0.0}}
                """,
                printed.out());
    }

    @Test
    void aMaskedModelIsMeasuredAndWhatIsDoneIsKept(@TempDir Path folder) throws IOException {
        Path out = folder.resolve("out");
        String all = "piqa,lambada,gsm8k";
        CommandLineOutcome some = tasks(masked, all, out, "--limit", "1", "--length", "32");
        assertEquals(0, some.code(), some.err());
        long kept = Files.size(out.resolve("documents.jsonl"));
        CommandLineOutcome whole = tasks(masked, all, out, "--length", "32");
        assertEquals(0, whole.code(), whole.err());
        assertTrue(whole.out().startsWith(TABLE + "| piqa | 2 | acc | "), whole.out());
        assertTrue(whole.out().contains("| lambada_standard | 2 | perplexity | "), whole.out());
        assertTrue(whole.out().contains("| gsm8k | 1 | exact_match | 0.0000 |  |"), whole.out());
        assertEquals(whole.out(), Files.readString(out.resolve("results.md")));
        assertEquals(
                "0.6",
                StrictJson.parse(Files.readString(out.resolve("results.json")), "results")
                        .at("/tasks/piqa/settings/guidance")
                        .asText());
        byte[] documents = Files.readAllBytes(out.resolve("documents.jsonl"));
        assertTrue(documents.length > kept);
        byte[] results = Files.readAllBytes(out.resolve("results.json"));

        CommandLineOutcome again = tasks(masked, all, out, "--length", "32");
        assertEquals(whole.out(), again.out());
        assertEquals(documents.length, Files.size(out.resolve("documents.jsonl")));

        CommandLineOutcome elsewhere = tasks(masked, all, folder.resolve("else"), "--length", "32");
        assertEquals(whole.out(), elsewhere.out());
        assertEquals(new String(results), Files.readString(folder.resolve("else/results.json")));

        CommandLineOutcome other = tasks(masked, "piqa", out, "--guidance", "0");
        assertEquals(0, other.code(), other.err());
        assertTrue(Files.size(out.resolve("documents.jsonl")) > documents.length);
    }

    @Test
    void aCausalModelIsMeasured(@TempDir Path folder) {
        CommandLineOutcome outcome = tasks(causal, "piqa,lambada_standard,gsm8k", folder.resolve("out"));
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.out().startsWith(TABLE + "| piqa | 2 | acc | "), outcome.out());
        assertTrue(outcome.err().contains("gsm8k: of 1 of 1 documents the beginning was left out"), outcome.err());
    }

    @Test
    void badDocumentsAreNamedBeforeAnythingIsAsked(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("piqa.jsonl"), "{\"goal\": \"Cool tea.\", \"sol1\": \"Blow.\"}\n");
        CommandLineOutcome outcome =
                CommandLineOutcome.of("tasks", "--data", file.toString(), "--task", "piqa", "--print-requests");
        assertEquals(2, outcome.code());
        assertEquals("--data: " + file + ":1: sol2: found nothing, expected a text\n", outcome.err());
        assertEquals("", outcome.out());
    }

    @Test
    void whatIsMissingOrTooMuchIsSaid() {
        String folder = data.toString();
        refused("--model: missing; pass one, or --print-requests", "tasks", "--data", folder, "--task", "piqa");
        refused(
                "found no documents of boolq, expected one of boolq.jsonl",
                "tasks",
                "--data",
                folder,
                "--task",
                "boolq");
        refused("task: found pika, expected one of arc_easy", "tasks", "--data", folder, "--task", "pika");
        refused("--limit: found 0", "tasks", "--data", folder, "--task", "piqa", "--limit", "0");
        refused(
                "expected a folder for several tasks",
                "tasks",
                "--data",
                data.resolve("gsm8k.jsonl").toString(),
                "--task",
                "piqa,gsm8k");
        CommandLineOutcome length = tasks(masked, "gsm8k", data.resolveSibling("out"), "--length", "65");
        assertEquals(2, length.code());
        assertTrue(length.err().contains("--length: found 65, expected 2 to 64"), length.err());
    }

    private static void refused(String sentence, String... arguments) {
        CommandLineOutcome outcome = CommandLineOutcome.of(arguments);
        assertEquals(2, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains(sentence), outcome.err());
        assertFalse(outcome.err().contains("\tat "), outcome.err());
    }
}
