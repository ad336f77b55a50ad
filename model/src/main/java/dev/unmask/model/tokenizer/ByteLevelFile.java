package dev.unmask.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Which {@code tokenizer.json} files are byte-level BPE without any extra, and their merges. */
final class ByteLevelFile {
    private ByteLevelFile() {}

    /**
     * Whether the file asks for nothing but what {@link BytePairEncoding} does.
     *
     * @param pieces whether text is to be cut into pieces by GPT-2's regular expression
     */
    static boolean isPlain(JsonNode root, Vocabulary vocabulary, boolean pieces) {
        JsonNode before = root.path("pre_tokenizer");
        return isPlainModel(root.path("model"))
                && isAbsent(root.path("normalizer"))
                && isAbsent(root.path("truncation"))
                && isAbsent(root.path("padding"))
                && isByteLevel(before)
                && !before.path("add_prefix_space").asBoolean(true)
                && before.path("use_regex").asBoolean(true) == pieces
                && (isAbsent(root.path("post_processor")) || isByteLevel(root.path("post_processor")))
                && isByteLevel(root.path("decoder"))
                && hasPlainAdded(root.path("added_tokens"))
                && hasAllBytes(vocabulary);
    }

    private static boolean isPlainModel(JsonNode model) {
        // Old files leave the type out: only BPE has merges.
        return model.path("type").asText("BPE").equals("BPE")
                && model.path("merges").isArray()
                && model.path("vocab").isObject()
                && isAbsent(model.path("dropout"))
                && isAbsent(model.path("unk_token"))
                && isEmpty(model.path("continuing_subword_prefix"))
                && isEmpty(model.path("end_of_word_suffix"))
                && !model.path("byte_fallback").asBoolean()
                && !model.path("ignore_merges").asBoolean();
    }

    private static boolean hasPlainAdded(JsonNode added) {
        for (JsonNode token : added) {
            // Tokens matched before and after normalisation are two passes over the text; ours is one.
            if (token.path("lstrip").asBoolean()
                    || token.path("rstrip").asBoolean()
                    || token.path("single_word").asBoolean()
                    || token.path("normalized").asBoolean() != added.path(0).path("normalized").asBoolean()) {
                return false;
            }
        }
        return true;
    }

    private static boolean hasAllBytes(Vocabulary vocabulary) {
        for (int b = 0; b < 256; b++) {
            if (vocabulary.id(String.valueOf(ByteAlphabet.character(b))).isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private static boolean isByteLevel(JsonNode node) {
        return node.path("type").asText().equals("ByteLevel");
    }

    private static boolean isAbsent(JsonNode node) {
        return node.isMissingNode() || node.isNull();
    }

    private static boolean isEmpty(JsonNode node) {
        return isAbsent(node) || node.asText().isEmpty();
    }

    /** The merges, written as "left right" or, since version 0.20 of the library, as [left, right]. */
    static List<MergeTable.Merge> merges(Path file, JsonNode model, Vocabulary vocabulary) throws IOException {
        List<MergeTable.Merge> merges = new ArrayList<>(model.path("merges").size());
        for (JsonNode merge : model.path("merges")) {
            String[] pair =
                    merge.isTextual()
                            ? merge.textValue().split(" ", -1)
                            : new String[] {merge.path(0).asText(), merge.path(1).asText()};
            if (pair.length != 2 || pair[0].isEmpty() || pair[1].isEmpty()) {
                throw malformed(file, merges.size(), merge, "is not a pair of tokens");
            }
            OptionalInt left = vocabulary.id(pair[0]);
            OptionalInt right = vocabulary.id(pair[1]);
            OptionalInt result = vocabulary.id(pair[0] + pair[1]);
            if (left.isEmpty() || right.isEmpty() || result.isEmpty()) {
                throw malformed(file, merges.size(), merge, "has a token that is not in its vocab");
            }
            merges.add(new MergeTable.Merge(left.getAsInt(), right.getAsInt(), result.getAsInt()));
        }
        return merges;
    }

    private static IOException malformed(Path file, int index, JsonNode merge, String found) {
        return TokenizerFile.malformed(file, "merge " + index + ", " + merge + ", " + found);
    }
}
