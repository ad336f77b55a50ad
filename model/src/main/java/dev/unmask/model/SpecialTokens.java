package dev.unmask.model;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.List;
import java.util.OptionalInt;

/** The tokens with a meaning of their own. */
record SpecialTokens(OptionalInt endOfText, OptionalInt beginOfText, OptionalInt unknown) {
    private static final List<String> ENDS =
            List.of("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eos|>", "[EOS]", "[SEP]");
    private static final List<String> BEGINS =
            List.of("<|begin_of_text|>", "<|startoftext|>", "<s>", "<bos>", "<|bos|>", "[BOS]", "[CLS]");

    static SpecialTokens endingWith(int id) {
        return new SpecialTokens(OptionalInt.of(id), OptionalInt.empty(), OptionalInt.empty());
    }

    /**
     * What a {@code tokenizer_config.json} says, or else the names in common use; the unknown token is the model's.
     *
     * @param tokenizer the content of the {@code tokenizer.json}
     * @param configuration the content of the {@code tokenizer_config.json}; a missing node if there is none
     */
    static SpecialTokens find(JsonNode tokenizer, JsonNode configuration, Vocabulary vocabulary) {
        JsonNode model = tokenizer.path("model");
        OptionalInt unknown =
                model.path("unk_id").isInt()
                        ? OptionalInt.of(model.path("unk_id").intValue())
                        : named(model.path("unk_token"), vocabulary);
        return new SpecialTokens(
                configured(configuration, "eos_token", ENDS, vocabulary),
                configured(configuration, "bos_token", BEGINS, vocabulary),
                unknown);
    }

    private static OptionalInt configured(
            JsonNode configuration, String key, List<String> usual, Vocabulary vocabulary) {
        OptionalInt configured = named(configuration.path(key), vocabulary);
        return configured.isPresent()
                ? configured
                : usual.stream()
                        .map(vocabulary::id)
                        .filter(OptionalInt::isPresent)
                        .findFirst()
                        .orElse(OptionalInt.empty());
    }

    /** A token is named by a string, or by an object that holds it with how it is matched. */
    private static OptionalInt named(JsonNode node, Vocabulary vocabulary) {
        JsonNode name = node.isObject() ? node.path("content") : node;
        return name.isTextual() ? vocabulary.id(name.textValue()) : OptionalInt.empty();
    }
}
