package dev.unmask.model.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * How a model wants a conversation written: the Jinja template that its publisher put beside it, as {@code
 * chat_template.jinja} or within {@code tokenizer_config.json}. Reading the folder needs no {@link TemplateLibrary};
 * the first conversation does.
 *
 * <p>A template is a program of whoever published the model. The library of {@code unmask-jinja} runs it where it
 * reaches neither files nor network, and not for long.
 */
public final class ChatTemplate {
    /** The file that holds a template on its own. */
    public static final String FILE_NAME = "chat_template.jinja";

    private static final String CONFIGURATION_NAME = "tokenizer_config.json";
    private static final String KEY = "chat_template";
    private static final String DEFAULT = "default";

    private final String where;
    private final String source;
    private final Map<String, String> tokens;
    private final Supplier<Optional<TemplateLibrary>> library;
    private TemplateLibrary.Template opened;

    /** With what finds the library. */
    ChatTemplate(String where, String source, Map<String, String> tokens, Supplier<Optional<TemplateLibrary>> library) {
        this.library = library;
        this.where = where;
        this.source = source;
        this.tokens = tokens;
    }

    /**
     * Finds the template of a model folder.
     *
     * @param folder where the tokenizer's files lie
     * @return the template, if there is one
     * @throws IOException if a file cannot be read
     * @throws InputException if a file is malformed
     */
    public static Optional<ChatTemplate> in(Path folder) throws IOException {
        Path configuration = folder.resolve(CONFIGURATION_NAME);
        Optional<ObjectNode> keys =
                Files.exists(configuration) ? Optional.of(StrictJson.read(configuration)) : Optional.empty();
        Path file = folder.resolve(FILE_NAME);
        String where = file.toString();
        Optional<String> source = Optional.empty();
        if (Files.exists(file)) {
            byte[] content = Files.readAllBytes(file);
            StrictJson.refuseOtherKind(file, content);
            source = Optional.of(new String(content, StandardCharsets.UTF_8));
        } else if (keys.isPresent()) {
            where = configuration + ": " + KEY;
            source = source(where, keys.get().path(KEY));
        }
        if (source.isEmpty()) {
            return Optional.empty();
        }
        Path map = folder.resolve("special_tokens_map.json");
        Map<String, String> tokens = new TreeMap<>();
        if (Files.exists(map)) {
            addTokens(tokens, StrictJson.read(map));
        }
        keys.ifPresent(found -> addTokens(tokens, found));
        return Optional.of(new ChatTemplate(where, source.get(), tokens, ChatTemplate::found));
    }

    /**
     * A template that is in memory.
     *
     * @param source the template
     * @param tokens the variables that stand for special tokens, such as {@code bos_token}
     * @return the template
     */
    public static ChatTemplate of(String source, Map<String, String> tokens) {
        return new ChatTemplate("chat template", source, Map.copyOf(tokens), ChatTemplate::found);
    }

    /** One template, or several with names, of which the one called default is for conversations. */
    private static Optional<String> source(String where, JsonNode node) {
        if (node.isMissingNode() || node.isNull()) {
            return Optional.empty();
        }
        if (node.isTextual()) {
            return Optional.of(node.textValue());
        }
        List<String> names = new ArrayList<>();
        if (node.isArray()) {
            for (JsonNode named : node) {
                if (named.path("name").asText().equals(DEFAULT) && named.path("template").isTextual()) {
                    return Optional.of(named.path("template").textValue());
                }
                names.add(named.path("name").asText());
            }
        }
        throw new InputException(
                where
                        + ": found "
                        + (node.isArray()
                                ? "the templates " + names
                                : node.getNodeType().name().toLowerCase(Locale.ROOT))
                        + ", expected a template, or a list of templates of which one is named "
                        + DEFAULT);
    }

    /** A token is named by a string, or by an object that holds it with how it is matched. */
    private static void addTokens(Map<String, String> tokens, ObjectNode keys) {
        keys.properties()
                .forEach(entry -> {
                    JsonNode name = entry.getValue().isObject() ? entry.getValue().path("content") : entry.getValue();
                    if (entry.getKey().endsWith("_token") && name.isTextual()) {
                        tokens.put(entry.getKey(), name.textValue());
                    }
                });
    }

    /**
     * A conversation as the text that the model goes on with: its answer comes next. The text holds all special tokens
     * that belong there; none is to be added.
     *
     * @param messages the conversation, at least one message
     * @return the text
     * @throws InputException if there is no library for templates, or the template cannot be read or refuses the
     *     conversation, for example because of a role that it does not know
     */
    public String prompt(List<ChatMessage> messages) {
        return text(messages, true, Map.of());
    }

    /**
     * A conversation as the text that the model was trained with.
     *
     * @param messages the conversation, at least one message
     * @param answer whether the text ends where the model's answer begins
     * @param variables further variables of the template, such as {@code enable_thinking}
     * @return the text
     * @throws InputException if there is no library for templates, or the template cannot be read or refuses the
     *     conversation, for example because of a role that it does not know
     */
    public String text(List<ChatMessage> messages, boolean answer, Map<String, ?> variables) {
        if (messages.isEmpty()) {
            throw new InputException("messages: found none, expected at least one");
        }
        Map<String, Object> all = new LinkedHashMap<>(tokens);
        // Templates ask whether these are none.
        all.put("tools", null);
        all.put("documents", null);
        all.put("messages", messages.stream().map(ChatMessage::variables).toList());
        all.put("add_generation_prompt", answer);
        all.putAll(variables);
        try {
            return opened().fill(all);
        } catch (TemplateException e) {
            throw new InputException(where + ": " + e.getMessage(), e);
        }
    }

    private static Optional<TemplateLibrary> found() {
        return ServiceLoader.load(TemplateLibrary.class, TemplateLibrary.class.getClassLoader()).findFirst();
    }

    private synchronized TemplateLibrary.Template opened() {
        if (opened == null) {
            opened =
                    library.get()
                            .orElseThrow(() ->
                                    new InputException(
                                            where
                                                    + ": found a template in Jinja, expected a library that knows it;"
                                                    + " put the artifact unmask-jinja on the class path or module"
                                                    + " path"))
                            .open(source);
        }
        return opened;
    }
}
