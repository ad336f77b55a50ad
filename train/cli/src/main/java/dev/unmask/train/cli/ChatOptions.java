package dev.unmask.train.cli;

import dev.unmask.model.chat.ChatMessage;
import dev.unmask.model.chat.ChatTemplate;
import dev.unmask.model.LanguageModel;
import dev.unmask.tensor.InputException;

import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Options of a command that talks with a model. */
final class ChatOptions {
    @Option(
            names = "--chat",
            description =
                    "The prompt is what a user says: the model's chat template writes the conversation as the model"
                            + " knows it, and only the answer is printed. A line of JSON of --input may have messages,"
                            + " each with role and content, in the place of the prompt.")
    private boolean chat;

    @Option(names = "--system", paramLabel = "TEXT", description = "With --chat: what the model is told before.")
    private Optional<String> system = Optional.empty();

    boolean given() {
        if (system.isPresent() && !chat) {
            throw new InputException("--system: found without --chat, expected both");
        }
        return chat;
    }

    /** How the model wants conversations written. */
    ChatTemplate template(LanguageModel loaded, Path path) {
        return loaded.chatTemplate()
                .orElseThrow(() ->
                        new InputException(
                                "--chat: found no chat template beside "
                                        + path
                                        + ", expected a "
                                        + ChatTemplate.FILE_NAME
                                        + ", or chat_template in tokenizer_config.json, as models that answer have; to"
                                        + " go on with a text leave --chat out"));
    }

    /** What the model goes on with. */
    String prompt(ChatTemplate template, InputOptions.Line line) {
        List<ChatMessage> messages = new ArrayList<>(system.map(ChatMessage::system).stream().toList());
        List<ChatMessage> given = line.messages();
        messages.addAll(given.isEmpty() ? List.of(ChatMessage.user(line.text("prompt"))) : given);
        try {
            return template.prompt(messages);
        } catch (InputException e) {
            throw line.refused(e);
        }
    }
}
