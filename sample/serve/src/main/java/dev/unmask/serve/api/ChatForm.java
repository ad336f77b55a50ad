package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.chat.ChatMessage;
import dev.unmask.serve.http.ApiException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** {@code POST /v1/chat/completions}. */
final class ChatForm implements WritingEndpoint.Form {
    private static final int USUAL_LENGTH = 128;
    private static final int MOST_TOP = 20;
    private static final int MOST_MESSAGES = 1000;

    @Override
    public List<Source> sources(Fields fields, ServedModel model) {
        JsonNode list =
                fields.any("messages")
                        .orElseThrow(() ->
                                ApiException.wrong("messages", "messages: found none, expected what was said so far"));
        List<ChatMessage> messages = new ArrayList<>();
        for (JsonNode one : Fields.list("messages", list, MOST_MESSAGES)) {
            if (one.path("role").asText().isBlank()) {
                throw Fields.wrong("messages", one, "messages with a role and a content");
            }
            messages.add(new ChatMessage(one.get("role").textValue(), content(one)));
        }
        if (messages.isEmpty()) {
            throw ApiException.wrong("messages", "messages: found none, expected what was said so far");
        }
        fields.refuseUnless("tools", "[]", "the model calls none");
        fields.refuseUnless("tool_choice", "\"none\"", "the model calls none");
        fields.refuseUnless("response_format", "{\"type\":\"text\"}", "the model is not held to a form");
        fields.passOver("parallel_tool_calls", "reasoning_effort", "verbosity", "modalities");
        return List.of(new Source.Tokens(model.chat(messages)));
    }

    private static String content(JsonNode message) {
        JsonNode content = message.path("content");
        if (content.isTextual()) {
            return content.textValue();
        }
        if (!content.isArray()) {
            throw Fields.wrong("messages", message, "a content that is a text, or a list of parts of type text");
        }
        StringBuilder text = new StringBuilder();
        for (JsonNode part : content) {
            if (!part.path("type").asText().equals("text") || !part.path("text").isTextual()) {
                throw Fields.wrong("messages", part, "parts of type text: the model reads nothing else");
            }
            text.append(part.get("text").textValue());
        }
        return text.toString();
    }

    @Override
    public List<String> lengthNames() {
        return List.of("max_tokens", "max_completion_tokens");
    }

    @Override
    public int usualLength() {
        return USUAL_LENGTH;
    }

    @Override
    public OptionalInt top(Fields fields) {
        OptionalInt top = fields.integer(topName(), 0, MOST_TOP);
        if (!fields.flag("logprobs", false)) {
            if (top.isPresent()) {
                throw ApiException.wrong(topName(), topName() + ": found without logprobs, of which it says how many");
            }
            return OptionalInt.empty();
        }
        return OptionalInt.of(top.orElse(0));
    }

    @Override
    public String topName() {
        return "top_logprobs";
    }

    @Override
    public boolean echo(Fields fields) {
        return false;
    }

    @Override
    public String object(boolean chunk) {
        return chunk ? "chat.completion.chunk" : "chat.completion";
    }

    @Override
    public String kind() {
        return "chatcmpl";
    }

    @Override
    public ObjectNode choice(WritingEndpoint.Piece piece) {
        ObjectNode choice = Json.object().put("index", piece.index());
        ObjectNode message = choice.putObject("message");
        message.put("role", "assistant").put("content", piece.text()).putNull("refusal");
        return finished(choice, piece);
    }

    @Override
    public ObjectNode part(WritingEndpoint.Piece piece, boolean first) {
        ObjectNode choice = Json.object().put("index", piece.index());
        ObjectNode delta = choice.putObject("delta");
        if (first) {
            delta.put("role", "assistant");
        }
        delta.put("content", piece.text());
        return finished(choice, piece);
    }

    private static ObjectNode finished(ObjectNode choice, WritingEndpoint.Piece piece) {
        choice.putNull("logprobs");
        piece.tokens()
                .ifPresent(tokens -> {
                    ObjectNode logprobs = choice.putObject("logprobs");
                    ArrayNode content = logprobs.putArray("content");
                    tokens.forEach(token -> described(content.addObject(), token));
                    logprobs.putNull("refusal");
                });
        choice.put("finish_reason", piece.finish().orElse(null));
        return choice;
    }

    private static void described(ObjectNode into, JsonNode token) {
        put(into, token);
        ArrayNode top = into.putArray("top_logprobs");
        token.get("top").forEach(other -> put(top.addObject(), other));
    }

    private static void put(ObjectNode into, JsonNode token) {
        into.set("token", token.get("token"));
        into.set("logprob", token.get("logprob"));
        ArrayNode bytes = into.putArray("bytes");
        for (byte one : token.get("token").textValue().getBytes(StandardCharsets.UTF_8)) {
            bytes.add(one & 0xFF);
        }
    }
}
