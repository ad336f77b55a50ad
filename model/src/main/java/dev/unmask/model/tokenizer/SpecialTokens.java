package dev.unmask.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;

import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The tokens with a meaning of their own.
 *
 * @param beginsTexts whether Hugging Face's library puts the token that begins a text before every text
 * @param endsTexts whether it puts the token that ends a text after every text
 * @param all these and the others that are no part of a text proper
 */
record SpecialTokens(
        OptionalInt endOfText,
        OptionalInt beginOfText,
        boolean beginsTexts,
        boolean endsTexts,
        OptionalInt unknown,
        OptionalInt mask,
        Set<Integer> all) {
    private static final List<String> ENDS =
            List.of("<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>", "<|eos|>", "[EOS]", "[SEP]");
    private static final List<String> BEGINS =
            List.of("<|begin_of_text|>", "<|startoftext|>", "<s>", "<bos>", "<|bos|>", "[BOS]", "[CLS]");
    private static final List<String> MASKS = List.of("<|mdm_mask|>", "<|mask|>", "[MASK]", "<mask>", "<MASK>");

    static SpecialTokens endingWith(int id) {
        return new SpecialTokens(
                OptionalInt.of(id),
                OptionalInt.empty(),
                false,
                false,
                OptionalInt.empty(),
                OptionalInt.empty(),
                Set.of(id));
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
        OptionalInt end = configured(configuration, "eos_token", ENDS, vocabulary);
        OptionalInt begin = configured(configuration, "bos_token", BEGINS, vocabulary);
        boolean begins =
                begin.isPresent()
                        && configuration
                                .path("add_bos_token")
                                .asBoolean(begins(tokenizer.path("post_processor"), vocabulary, begin.getAsInt()));
        OptionalInt mask = configured(configuration, "mask_token", MASKS, vocabulary);
        Set<Integer> all = new HashSet<>();
        vocabulary.added().stream().filter(AddedToken::special).map(AddedToken::id).forEach(all::add);
        Stream.of(end, begin, unknown, mask).flatMapToInt(OptionalInt::stream).forEach(all::add);
        boolean ends = end.isPresent() && ends(tokenizer.path("post_processor"), vocabulary, end.getAsInt());
        return new SpecialTokens(end, begin, begins, ends, unknown, mask, Set.copyOf(all));
    }

    /** Whether what the library does after encoding puts a token first. */
    private static boolean begins(JsonNode processor, Vocabulary vocabulary, int token) {
        return switch (processor.path("type").asText()) {
            case "TemplateProcessing" ->
                    vocabulary
                            .id(processor.path("single").path(0).path("SpecialToken").path("id").asText())
                            .equals(OptionalInt.of(token));
            case "BertProcessing", "RobertaProcessing" -> processor.path("cls").path(1).asInt(-1) == token;
            case "Sequence" ->
                    processor.path("processors").valueStream().anyMatch(part -> begins(part, vocabulary, token));
            default -> false;
        };
    }

    /** Whether what the library does after encoding puts a token last. */
    private static boolean ends(JsonNode processor, Vocabulary vocabulary, int token) {
        return switch (processor.path("type").asText()) {
            case "TemplateProcessing" -> {
                JsonNode single = processor.path("single");
                JsonNode last = single.path(single.size() - 1).path("SpecialToken").path("id");
                yield vocabulary.id(last.asText()).equals(OptionalInt.of(token));
            }
            case "BertProcessing", "RobertaProcessing" -> processor.path("sep").path(1).asInt(-1) == token;
            case "Sequence" ->
                    processor.path("processors").valueStream().anyMatch(part -> ends(part, vocabulary, token));
            default -> false;
        };
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
