package dev.unmask.model.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where templates are found. What they say of a conversation is tested with the library that knows Jinja. */
class ChatTemplateTest {
    @TempDir Path folder;

    private void configuration(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer_config.json"), json);
    }

    private String refusal() {
        return assertThrows(InputException.class, () -> ChatTemplate.in(folder)).getMessage();
    }

    @Test
    void aFolderWithoutOneHasNone() throws IOException {
        assertFalse(ChatTemplate.in(folder).isPresent());
        configuration("{\"eos_token\": \"</s>\", \"chat_template\": null}");
        assertFalse(ChatTemplate.in(folder).isPresent());
    }

    @Test
    void aTemplateIsAFileOfItsOwnOrAKeyOrOneOfANamedList() throws IOException {
        configuration("{\"chat_template\": \"{{ messages }}\"}");
        assertTrue(ChatTemplate.in(folder).isPresent());
        configuration(
                "{\"chat_template\": [{\"name\": \"tool_use\", \"template\": \"a\"}, {\"name\": \"default\","
                        + " \"template\": \"b\"}]}");
        assertTrue(ChatTemplate.in(folder).isPresent());
        Files.delete(folder.resolve("tokenizer_config.json"));
        Files.writeString(folder.resolve("chat_template.jinja"), "{{ messages }}");
        assertTrue(ChatTemplate.in(folder).isPresent());
    }

    @Test
    void whatIsNoTemplateIsNamed() throws IOException {
        configuration("{\"chat_template\": [{\"name\": \"rag\", \"template\": \"a\"}]}");
        assertTrue(refusal().contains("tokenizer_config.json: chat_template: found the templates [rag], expected"));
        configuration("{\"chat_template\": 7}");
        assertTrue(refusal().contains("chat_template: found number, expected a template"), refusal());
        Files.writeString(
                folder.resolve("chat_template.jinja"),
                "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n");
        assertTrue(refusal().contains("chat_template.jinja"), refusal());
    }

    @Test
    void withoutALibraryOneSentenceSaysWhichArtifactKnowsJinja() {
        ChatTemplate template = new ChatTemplate("model", "{{ messages[0].content }}", Map.of(), Optional::empty);
        InputException refused =
                assertThrows(InputException.class, () -> template.prompt(List.of(ChatMessage.user("hello"))));
        assertTrue(refused.getMessage().contains("unmask-jinja"), refused.getMessage());
    }

    @Test
    void aConversationHasAMessage() {
        ChatTemplate template = ChatTemplate.of("x", Map.of());
        InputException refused = assertThrows(InputException.class, () -> template.prompt(List.of()));
        assertEquals("messages: found none, expected at least one", refused.getMessage());
    }
}
