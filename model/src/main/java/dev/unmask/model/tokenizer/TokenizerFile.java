package dev.unmask.model.tokenizer;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.tensor.io.JsonMessage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;

/** The {@code tokenizer.json} of Hugging Face's tokenizers library, and which tokenizer of ours reads it. */
final class TokenizerFile {
    private static final ObjectMapper JSON =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .build();

    private TokenizerFile() {}

    static TextTokenizer load(Path path) throws IOException {
        Path file = Files.isDirectory(path) ? path.resolve(TextTokenizer.FILE_NAME) : path;
        byte[] content = read(file);
        JsonNode root = parse(file, content);
        JsonNode model = root.path("model");
        if (!model.path("vocab").isContainerNode()) {
            throw malformed(file, "it has no model with a vocab");
        }
        Path beside = file.resolveSibling(TextTokenizer.CONFIGURATION_NAME);
        byte[] configuration = Files.exists(beside) ? read(beside) : new byte[0];
        JsonNode configured = configuration.length == 0 ? JSON.missingNode() : parse(beside, configuration);

        Vocabulary vocabulary = VocabularyReader.read(file, root);
        SpecialTokens special = SpecialTokens.find(root, configured, vocabulary);
        if (ByteLevelFile.isPlain(root, vocabulary, true)) {
            return new BytePairEncoding(vocabulary, ByteLevelFile.merges(file, model, vocabulary), special);
        }
        if (ByteLevelFile.isPlain(root, vocabulary, false)
                && model.path("merges").isEmpty()
                && ByteTokenizer.has(vocabulary)) {
            return new ByteTokenizer();
        }
        return new HuggingFaceTokenizer(file, content, configuration, vocabulary, special);
    }

    private static byte[] read(Path file) throws IOException {
        try {
            byte[] content = Files.readAllBytes(file);
            StrictJson.refuseOtherKind(file, content);
            return content;
        } catch (NoSuchFileException missing) {
            throw new NoSuchFileException(
                    file.toString(),
                    null,
                    "there is no such file; expected a "
                            + TextTokenizer.FILE_NAME
                            + " of Hugging Face's tokenizers library, or a folder with one");
        }
    }

    private static JsonNode parse(Path file, byte[] content) throws IOException {
        try {
            JsonNode root = JSON.readTree(content);
            if (!root.isObject()) {
                throw malformed(file, "it holds no JSON object");
            }
            return root;
        } catch (JsonProcessingException e) {
            String where =
                    e.getLocation() == null
                            ? ""
                            : " at line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr();
            throw malformed(file, "it is not JSON" + where + " (" + JsonMessage.of(e.getOriginalMessage()) + ")");
        }
    }

    /** One sentence: the file, what was found, what to do. */
    static IOException malformed(Path file, String found) {
        return new IOException(
                file
                        + ": "
                        + found
                        + "; expected a file as Hugging Face's tokenizers library saves it: copy or download it again");
    }

    /**
     * A byte-level BPE as a {@code tokenizer.json}.
     *
     * @param pieces whether text is cut into pieces before it is merged
     */
    static byte[] json(Vocabulary vocabulary, List<MergeTable.Merge> merges, boolean pieces) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DefaultPrettyPrinter layout = new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
        layout.indentArraysWith(new DefaultIndenter("  ", "\n"));
        try (JsonGenerator json = JSON.createGenerator(bytes).setPrettyPrinter(layout)) {
            json.writeStartObject();
            json.writeStringField("version", "1.0");
            json.writeNullField("truncation");
            json.writeNullField("padding");
            json.writeArrayFieldStart("added_tokens");
            for (AddedToken token : vocabulary.added()) {
                json.writeStartObject();
                json.writeNumberField("id", token.id());
                json.writeStringField("content", token.content());
                json.writeBooleanField("single_word", false);
                json.writeBooleanField("lstrip", false);
                json.writeBooleanField("rstrip", false);
                json.writeBooleanField("normalized", false);
                json.writeBooleanField("special", token.special());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeNullField("normalizer");
            writeByteLevel(json, "pre_tokenizer", pieces);
            json.writeNullField("post_processor");
            writeByteLevel(json, "decoder", pieces);
            writeModel(json, vocabulary, merges);
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing to memory", impossible);
        }
        return bytes.toByteArray();
    }

    private static void writeByteLevel(JsonGenerator json, String field, boolean pieces) throws IOException {
        json.writeObjectFieldStart(field);
        json.writeStringField("type", "ByteLevel");
        json.writeBooleanField("add_prefix_space", false);
        json.writeBooleanField("trim_offsets", true);
        json.writeBooleanField("use_regex", pieces);
        json.writeEndObject();
    }

    private static void writeModel(JsonGenerator json, Vocabulary vocabulary, List<MergeTable.Merge> merges)
            throws IOException {
        json.writeObjectFieldStart("model");
        json.writeStringField("type", "BPE");
        json.writeNullField("dropout");
        json.writeNullField("unk_token");
        json.writeNullField("continuing_subword_prefix");
        json.writeNullField("end_of_word_suffix");
        json.writeBooleanField("fuse_unk", false);
        json.writeBooleanField("byte_fallback", false);
        json.writeBooleanField("ignore_merges", false);
        json.writeObjectFieldStart("vocab");
        for (int id = 0; id < vocabulary.size(); id++) {
            if (!vocabulary.token(id).isEmpty()) {
                json.writeNumberField(vocabulary.token(id), id);
            }
        }
        json.writeEndObject();
        json.writeArrayFieldStart("merges");
        for (MergeTable.Merge merge : merges) {
            json.writeString(vocabulary.token(merge.left()) + " " + vocabulary.token(merge.right()));
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    static void write(Path path, byte[] content) throws IOException {
        AtomicFiles.write(Files.isDirectory(path) ? path.resolve(TextTokenizer.FILE_NAME) : path, content);
    }

    static long fingerprint(byte[] content) {
        try {
            return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(content)).getLong();
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }
}
