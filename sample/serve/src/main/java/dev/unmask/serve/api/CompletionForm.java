package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.serve.http.ApiException;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** {@code POST /v1/completions}. */
final class CompletionForm implements WritingEndpoint.Form {
    private static final int USUAL_LENGTH = 16;
    private static final int MOST_TOP = 5;
    private static final int MOST_PROMPTS = 128;

    @Override
    public List<Source> sources(Fields fields, ServedModel model) {
        String suffix = fields.text("suffix").orElse("");
        JsonNode prompt = fields.any("prompt").orElse(null);
        List<Source> sources = new ArrayList<>();
        if (prompt == null) {
            sources.add(new Source.Text("", suffix));
        } else if (prompt.isTextual()) {
            sources.add(new Source.Text(prompt.textValue(), suffix));
        } else if (prompt.isArray() && !prompt.isEmpty() && prompt.get(0).isNumber()) {
            sources.add(tokens(prompt, model));
        } else {
            for (JsonNode one : Fields.list("prompt", prompt, MOST_PROMPTS)) {
                sources.add(one.isTextual() ? new Source.Text(one.textValue(), suffix) : tokens(one, model));
            }
        }
        if (sources.isEmpty()) {
            throw ApiException.wrong("prompt", "prompt: found an empty list, expected at least one prompt");
        }
        if (!suffix.isEmpty() && sources.stream().anyMatch(source -> source instanceof Source.Tokens)) {
            throw ApiException.wrong("suffix", "suffix: found beside a prompt of tokens, expected one of text");
        }
        return sources;
    }

    private static Source tokens(JsonNode list, ServedModel model) {
        return new Source.Tokens(model.textIds("prompt", list));
    }

    @Override
    public List<String> lengthNames() {
        return List.of("max_tokens");
    }

    @Override
    public int usualLength() {
        return USUAL_LENGTH;
    }

    @Override
    public OptionalInt top(Fields fields) {
        return fields.integer(topName(), 0, MOST_TOP);
    }

    @Override
    public String topName() {
        return "logprobs";
    }

    @Override
    public boolean echo(Fields fields) {
        return fields.flag("echo", false);
    }

    @Override
    public String object(boolean chunk) {
        return "text_completion";
    }

    @Override
    public String kind() {
        return "cmpl";
    }

    @Override
    public ObjectNode choice(WritingEndpoint.Piece piece) {
        ObjectNode choice = Json.object();
        choice.put("index", piece.index()).put("text", piece.text());
        choice.putNull("logprobs");
        piece.tokens().ifPresent(tokens -> choice.set("logprobs", logprobs(tokens)));
        choice.put("finish_reason", piece.finish().orElse(null));
        return choice;
    }

    @Override
    public ObjectNode part(WritingEndpoint.Piece piece, boolean first) {
        return choice(piece);
    }

    private static ObjectNode logprobs(ArrayNode tokens) {
        ObjectNode all = Json.object();
        ArrayNode texts = all.putArray("tokens");
        ArrayNode own = all.putArray("token_logprobs");
        ArrayNode top = all.putArray("top_logprobs");
        ArrayNode offsets = all.putArray("text_offset");
        for (JsonNode token : tokens) {
            texts.add(token.get("token"));
            own.add(token.get("logprob"));
            offsets.add(token.get("offset"));
            ObjectNode others = top.addObject();
            // Two tokens can have one text; the likelier one is told.
            token.get("top")
                    .forEach(other -> {
                        if (!others.has(other.get("token").textValue())) {
                            others.set(other.get("token").textValue(), other.get("logprob"));
                        }
                    });
        }
        return all;
    }
}
