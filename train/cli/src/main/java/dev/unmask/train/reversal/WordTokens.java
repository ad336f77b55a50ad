package dev.unmask.train.reversal;

import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.io.AtomicFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A tokenizer of whole words: each word of some sentences is a token, wherever it stands, and so is each mark. {@code
 * <s>} and {@code </s>} stand around a text.
 *
 * @param vocabulary tokens and their ids
 */
public record WordTokens(Map<String, Integer> vocabulary) {
    /** As the pre-tokenizer {@code Whitespace} cuts. */
    private static final Pattern WORD = Pattern.compile("\\w+|[^\\w\\s]+");

    private static final List<String> SPECIAL = List.of("<s>", "</s>", "<unk>");

    /** Keeps the vocabulary as it is. */
    public WordTokens {
        vocabulary = Collections.unmodifiableMap(new LinkedHashMap<>(vocabulary));
    }

    /**
     * The words of some sentences.
     *
     * @param sentences all that it must know
     * @return their tokens
     */
    public static WordTokens of(List<String> sentences) {
        TreeSet<String> words = new TreeSet<>();
        for (String sentence : sentences) {
            Matcher found = WORD.matcher(sentence);
            while (found.find()) {
                words.add(found.group());
            }
        }
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        SPECIAL.forEach(token -> vocabulary.put(token, vocabulary.size()));
        words.forEach(word -> vocabulary.putIfAbsent(word, vocabulary.size()));
        return new WordTokens(vocabulary);
    }

    /**
     * Writes it in the format of Hugging Face's library, which also reads it.
     *
     * @param folder where its {@code tokenizer.json} is written; made if missing
     * @return the tokenizer
     * @throws IOException if it cannot be written, or is not read here
     */
    public TextTokenizer save(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve(TextTokenizer.FILE_NAME);
        AtomicFiles.write(file, StrictJson.print(json()));
        return TextTokenizer.load(file);
    }

    private Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", "1.0");
        json.put(
                "added_tokens",
                SPECIAL.stream()
                        .map(token -> Map.of(
                                "id", vocabulary.get(token),
                                "content", token,
                                "single_word", false,
                                "lstrip", false,
                                "rstrip", false,
                                "normalized", false,
                                "special", true))
                        .toList());
        json.put("pre_tokenizer", Map.of("type", "Whitespace"));
        json.put(
                "post_processor",
                Map.of(
                        "type", "TemplateProcessing",
                        "single", List.of(special("<s>"), sequence("A"), special("</s>")),
                        "pair", List.of(special("<s>"), sequence("A"), sequence("B"), special("</s>")),
                        "special_tokens", Map.of("<s>", named("<s>", 0), "</s>", named("</s>", 1))));
        // Of WordPiece's decoder only the clean-up is wanted: no space before a full stop.
        json.put("decoder", Map.of("type", "WordPiece", "prefix", "##", "cleanup", true));
        json.put("model", Map.of("type", "WordLevel", "vocab", vocabulary, "unk_token", "<unk>"));
        return json;
    }

    private static Map<String, Object> special(String token) {
        return Map.of("SpecialToken", Map.of("id", token, "type_id", 0));
    }

    private static Map<String, Object> sequence(String name) {
        return Map.of("Sequence", Map.of("id", name, "type_id", 0));
    }

    private static Map<String, Object> named(String token, int id) {
        return Map.of("id", token, "ids", List.of(id), "tokens", List.of(token));
    }
}
