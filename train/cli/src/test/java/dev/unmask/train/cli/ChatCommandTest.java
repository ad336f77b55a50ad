package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.TextTokenizer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A conversation is written by the model's own template, and its answer printed alone. */
class ChatCommandTest {
    private static final String TEMPLATE =
            "{% for m in messages %}{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}"
                    + "{% if add_generation_prompt %}assistant:{% endif %}";

    @TempDir private Path folder;

    private Path model(boolean causal) throws IOException {
        Path model = causal ? SavedModel.causal(folder.resolve("c")) : SavedModel.masked(folder.resolve("m"));
        Files.writeString(model.resolve("chat_template.jinja"), TEMPLATE);
        return model;
    }

    private static CommandLineOutcome sample(Path model, String... options) {
        List<String> all = new ArrayList<>(List.of("sample", "--model", model.toString(), "--temperature", "0"));
        all.addAll(List.of(options));
        return CommandLineOutcome.of(all.toArray(String[]::new));
    }

    private static String text(CommandLineOutcome outcome) {
        assertEquals(0, outcome.code(), outcome.err());
        return outcome.out();
    }

    @Test
    void theAnswerIsWhatTheModelWritesAfterTheConversation() throws IOException {
        Path model = model(false);
        String written = "system: the cat\nuser: a dog\nassistant:";
        int prompt = TextTokenizer.load(model).encode(written).length;
        String whole =
                text(sample(model, "--json", "--prompt", written, "--length", Integer.toString(prompt + 6)));
        String answer =
                text(
                        sample(
                                model, "--json", "--chat", "--system", "the cat", "--prompt", "a dog", "--length",
                                "6"));
        ObjectNode alone = StrictJson.parse(answer, "answer");
        ObjectNode after = StrictJson.parse(whole, "whole");
        assertEquals(6, alone.path("tokens").size());
        assertEquals(
                after.path("tokens").valueStream().skip(after.path("tokens").size() - 6).toList(),
                alone.path("tokens").valueStream().toList());
    }

    @Test
    void messagesOfManyConversationsAreReadFromLinesOfJson() throws IOException {
        Path input =
                Files.write(
                        folder.resolve("talks.jsonl"),
                        List.of(
                                "{\"id\": 7, \"messages\": [{\"role\": \"user\", \"content\": \"cat\"},"
                                        + " {\"role\": \"assistant\", \"content\": \"mat\"},"
                                        + " {\"role\": \"user\", \"content\": \"why\"}]}",
                                "{\"prompt\": \"cat\"}"));
        for (boolean causal : List.of(false, true)) {
            List<ObjectNode> answers =
                    text(sample(model(causal), "--chat", "--json", "--length", "3", "--input", input.toString()))
                            .lines()
                            .map(line -> StrictJson.parse(line, "result"))
                            .toList();
            assertEquals(2, answers.size());
            assertEquals(7, answers.getFirst().path("id").intValue());
            answers.forEach(answer -> assertTrue(answer.path("tokens").size() <= 3, answer.toString()));
            assertFalse(answers.getFirst().has("prompt"));
        }
    }

    @Test
    void whatCannotBeAConversationIsRefused() throws IOException {
        Path without = SavedModel.masked(folder.resolve("without"));
        refused(sample(without, "--chat", "--prompt", "a"), "--chat: found no chat template beside");
        Path model = model(false);
        refused(sample(model, "--system", "be brief", "--prompt", "a"), "--system: found without --chat");
        Path input =
                Files.writeString(folder.resolve("bad.jsonl"), "{\"messages\": [{\"role\": \"user\", \"content\": 3}]}");
        refused(sample(model, "--chat", "--input", input.toString()), "expected an object with the strings role and");
        Files.writeString(model.resolve("chat_template.jinja"), "{{ raise_exception('no such role') }}");
        refused(sample(model, "--chat", "--prompt", "a"), "no such role");
        Files.writeString(model.resolve("chat_template.jinja"), "{% for m in messages %}");
        refused(sample(model, "--chat", "--prompt", "a"), "chat_template.jinja");
    }

    private static void refused(CommandLineOutcome outcome, String message) {
        assertEquals(2, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains(message), outcome.err());
    }
}
