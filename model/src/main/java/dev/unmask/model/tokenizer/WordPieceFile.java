package dev.unmask.model.tokenizer;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * BERT's tokenizer from its {@code vocab.txt}, a token a line: written as {@code tokenizer.json} and {@code
 * tokenizer_config.json}, with the steps that Hugging Face's library gives it.
 */
public final class WordPieceFile {
    private static final List<String> SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");
    private static final int LONGEST_WORD = 100;

    private WordPieceFile() {}

    /**
     * Writes a tokenizer.
     *
     * @param vocabulary the {@code vocab.txt}
     * @param folder gets the tokenizer's files and the vocabulary
     * @param lowercase whether letters lose their case and accents
     * @param maxLength positions that the model has
     * @throws InputException if the vocabulary lacks one of the five special tokens, or has a token twice
     * @throws IOException if a file cannot be read or written
     */
    public static void write(Path vocabulary, Path folder, boolean lowercase, int maxLength) throws IOException {
        Map<String, Integer> ids = new LinkedHashMap<>();
        List<String> lines = Files.readAllLines(vocabulary);
        for (String token : lines) {
            if (ids.putIfAbsent(token, ids.size()) != null) {
                throw new InputException(
                        vocabulary
                                + ": line "
                                + (ids.size() + 1)
                                + ": found token "
                                + token
                                + " again, expected it once");
            }
        }
        for (String token : SPECIAL) {
            if (!ids.containsKey(token)) {
                throw new InputException(
                        vocabulary + ": found no " + token + ", expected a vocabulary of BERT with " + SPECIAL);
            }
        }
        AtomicFiles.write(folder.resolve("vocab.txt"), Files.readAllBytes(vocabulary));
        write(folder.resolve(TextTokenizer.FILE_NAME), tokenizer(ids, lowercase));
        write(folder.resolve(TextTokenizer.CONFIGURATION_NAME), configuration(lowercase, maxLength));
    }

    private static void write(Path file, ObjectNode content) throws IOException {
        AtomicFiles.write(file, StrictJson.print(content).getBytes(StandardCharsets.UTF_8));
    }

    private static ObjectNode tokenizer(Map<String, Integer> ids, boolean lowercase) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        for (String token : SPECIAL) {
            root.withArray("added_tokens")
                    .addObject()
                    .put("id", ids.get(token))
                    .put("content", token)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        root.putObject("normalizer")
                .put("type", "BertNormalizer")
                .put("clean_text", true)
                .put("handle_chinese_chars", true)
                .putNull("strip_accents")
                .put("lowercase", lowercase);
        root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
        template(root.putObject("post_processor").put("type", "TemplateProcessing"), ids);
        root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
        ObjectNode model =
                root.putObject("model")
                        .put("type", "WordPiece")
                        .put("unk_token", "[UNK]")
                        .put("continuing_subword_prefix", "##")
                        .put("max_input_chars_per_word", LONGEST_WORD);
        ObjectNode vocab = model.putObject("vocab");
        ids.forEach(vocab::put);
        return root;
    }

    /** {@code [CLS] A [SEP]}, and {@code [CLS] A [SEP] B [SEP]} for two texts. */
    private static void template(ObjectNode processor, Map<String, Integer> ids) {
        for (String form : List.of("single", "pair")) {
            special(processor, form, "[CLS]", 0);
            for (int i = 0; i < (form.equals("single") ? 1 : 2); i++) {
                processor
                        .withArray(form)
                        .addObject()
                        .putObject("Sequence")
                        .put("id", i == 0 ? "A" : "B")
                        .put("type_id", i);
                special(processor, form, "[SEP]", i);
            }
        }
        ObjectNode tokens = processor.putObject("special_tokens");
        for (String token : List.of("[CLS]", "[SEP]")) {
            ObjectNode entry = tokens.putObject(token).put("id", token);
            entry.putArray("ids").add(ids.get(token));
            entry.putArray("tokens").add(token);
        }
    }

    private static void special(ObjectNode processor, String form, String token, int type) {
        processor.withArray(form).addObject().putObject("SpecialToken").put("id", token).put("type_id", type);
    }

    private static ObjectNode configuration(boolean lowercase, int maxLength) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("tokenizer_class", "BertTokenizer")
                .put("do_lower_case", lowercase)
                .put("model_max_length", maxLength)
                .put("cls_token", "[CLS]")
                .put("sep_token", "[SEP]")
                .put("pad_token", "[PAD]")
                .put("unk_token", "[UNK]")
                .put("mask_token", "[MASK]");
    }
}
