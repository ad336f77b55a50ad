package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.LanguageModel;
import dev.unmask.model.TokenRoles;
import dev.unmask.model.chat.ChatMessage;
import dev.unmask.model.chat.ChatTemplate;
import dev.unmask.serve.http.ApiException;

import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The model as requests and answers speak of it. */
final class ServedModel {
    private final LanguageModel language;
    private final String name;
    private final long created = Json.now();
    private final Pieces pieces;

    ServedModel(LanguageModel language, String name) {
        this.language = language;
        this.name = name;
        this.pieces = new Pieces(language.tokenizer());
    }

    String name() {
        return name;
    }

    LanguageModel language() {
        return language;
    }

    Pieces pieces() {
        return pieces;
    }

    boolean causal() {
        return language.config().causal();
    }

    int maskToken() {
        return language.config().maskToken();
    }

    /** Refuses a request for another model; one that names none means this one. */
    void requireNamed(Fields fields) {
        fields.text("model")
                .filter(asked -> !asked.equals(name))
                .ifPresent(asked -> {
                    throw ApiException.refused(
                            404, "model_not_found", "model: found another one than " + name + ", which is served here");
                });
    }

    /** Tokens to be found among others. */
    long masked(int[] ids) {
        return Arrays.stream(ids).filter(id -> id == maskToken()).count();
    }

    /** Reads token ids; null is a token to be found. */
    int[] ids(String field, JsonNode value) {
        JsonNode list = Fields.list(field, value, language.config().maxLength());
        if (list.isEmpty()) {
            throw Fields.wrong(field, value, "at least one token");
        }
        int[] ids = new int[list.size()];
        for (int i = 0; i < ids.length; i++) {
            JsonNode id = list.get(i);
            boolean open = id.isNull() && !causal();
            if (!open && (!id.isInt() || id.intValue() < 0 || id.intValue() >= language.tokenizer().vocabulary())) {
                throw Fields.wrong(
                        field, id, "ids from 0 to " + (language.tokenizer().vocabulary() - 1) + (causal() ? "" : ", or null"));
            }
            ids[i] = id.isNull() ? maskToken() : id.intValue();
        }
        return ids;
    }

    /** Reads token ids of a text. */
    int[] textIds(String field, JsonNode value) {
        int[] ids = ids(field, value);
        if (!causal() && masked(ids) > 0) {
            throw Fields.wrong(field, value, "ids of tokens of text");
        }
        return ids;
    }

    /** Ids that no blank is filled with: they stand for no token, or for a special one. */
    Set<Integer> notWords() {
        Set<Integer> none = new HashSet<>(language.unassigned());
        none.addAll(language.tokenizer().special());
        return none;
    }

    /** Tokens that end a text, or what one speaker says. */
    Set<Integer> ends() {
        Set<Integer> ends = new LinkedHashSet<>(language.answerEnds());
        ends.addAll(TokenRoles.endsOfTurn(language.tokenizer()));
        ends.removeIf(id -> id >= language.config().vocabulary());
        return ends;
    }

    /** The tokens of a conversation, up to where the model answers. */
    int[] chat(List<ChatMessage> messages) {
        ChatTemplate template =
                language.chatTemplate()
                        .orElseThrow(() ->
                                ApiException.refused(
                                        400,
                                        "no_chat_template",
                                        "model: found none with a chat template, which says how a conversation is"
                                                + " written for it; use /v1/completions"));
        return language.tokenizer().encode(template.prompt(messages));
    }

    /** Describes tokens, of some of which it is known how sure the model was of them. */
    ArrayNode tokens(int[] ids, Map<Integer, Float> logProbabilities) {
        ArrayNode all = Json.list();
        for (int i = 0; i < ids.length; i++) {
            ObjectNode token = all.addObject();
            if (!causal() && ids[i] == maskToken()) {
                token.putNull("id");
                token.put("text", "");
                continue;
            }
            token.put("id", ids[i]).put("text", pieces.text(ids[i]));
            if (pieces.special(ids[i])) {
                token.put("special", true);
            }
            if (logProbabilities.containsKey(i)) {
                token.put("log_probability", logProbabilities.get(i));
            }
        }
        return all;
    }

    ObjectNode usage(int given, int written, int evaluations) {
        return Json.object()
                .put("prompt_tokens", given)
                .put("completion_tokens", written)
                .put("total_tokens", given + written)
                .put("evaluations", evaluations);
    }

    ObjectNode describe() {
        ObjectNode described = Json.object();
        described.put("id", name).put("object", "model").put("created", created).put("owned_by", "unmask");
        described
                .putObject("unmask")
                .put("kind", causal() ? "causal" : "masked")
                .put("max_length", language.config().maxLength())
                .put("vocabulary", language.tokenizer().vocabulary())
                .put("parameters", language.config().parameterCount())
                .put("chat", language.chatTemplate().isPresent());
        return described;
    }
}
