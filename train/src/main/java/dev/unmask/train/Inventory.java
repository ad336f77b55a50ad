package dev.unmask.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.FileDigest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a checkpoint holds: length and SHA-256 of each of its files, kept in {@code training.json}, which ends in a hash
 * of its own: that of its text with zeros in the place of the hash.
 *
 * @param files by name
 */
record Inventory(Map<String, FileDigest> files) {
    private static final String FILES = "files";
    private static final String BYTES = "bytes";
    private static final String SHA256 = "sha256";
    private static final String ZEROS = "0".repeat(64);

    /** The hash of the file itself: its last key, at the end of the text. */
    private static final Pattern OWN = Pattern.compile("\"" + SHA256 + "\" : \"([0-9a-f]{64})\"\\s*}\\s*$");

    /** The text of a state with this inventory and the hash of both. */
    String sealed(ObjectNode state) {
        ObjectNode all = state.deepCopy();
        ObjectNode list = all.putObject(FILES);
        files.forEach((name, file) -> list.putObject(name).put(BYTES, file.bytes()).put(SHA256, file.sha256()));
        String open = StrictJson.print(all.put(SHA256, ZEROS));
        return StrictJson.print(all.put(SHA256, hash(open)));
    }

    /** Why a text is not the one that was sealed; empty if it is, or never was sealed. */
    static Optional<String> damage(String text) {
        Matcher own = OWN.matcher(text);
        if (!own.find()) {
            // Neither key can be lost by one fault, and checkpoints of older versions have neither.
            return text.contains("\"" + FILES + "\"") || text.contains("\"" + SHA256 + "\"")
                    ? Optional.of("found no sha256 of its own at its end")
                    : Optional.empty();
        }
        String expected = own.group(1);
        String found = hash(text.substring(0, own.start(1)) + ZEROS + text.substring(own.end(1)));
        return found.equals(expected) ? Optional.empty() : Optional.of(difference(found, expected));
    }

    private static String hash(String text) {
        return FileDigest.of(text.getBytes(StandardCharsets.UTF_8)).sha256();
    }

    private static String difference(String found, String expected) {
        return "found SHA-256 " + found + ", expected " + expected;
    }

    /** The inventory in a state; empty in those that older versions wrote. */
    static Optional<Inventory> of(ObjectNode state, Path file) {
        if (!state.has(FILES)) {
            return Optional.empty();
        }
        Map<String, FileDigest> files = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : state.path(FILES).properties()) {
            JsonNode bytes = entry.getValue().path(BYTES);
            String sha256 = entry.getValue().path(SHA256).asText();
            if (!bytes.canConvertToLong() || sha256.length() != ZEROS.length()) {
                throw new InputException(
                        file
                                + ": "
                                + FILES
                                + "."
                                + entry.getKey()
                                + ": found "
                                + entry.getValue()
                                + ", expected its length in bytes and 64 digits of sha256");
            }
            files.put(entry.getKey(), new FileDigest(bytes.asLong(), sha256));
        }
        return Optional.of(new Inventory(files));
    }

    /**
     * What is wrong with a file.
     *
     * @param folder where it is
     * @param name one of {@link #files}
     * @param hashed up to how many bytes its hash is compared too
     */
    Optional<String> damage(Path folder, String name, long hashed) throws IOException {
        Path file = folder.resolve(name);
        FileDigest expected = files.get(name);
        if (!Files.isRegularFile(file)) {
            return Optional.of(file + ": found no such file, expected one of " + expected.bytes() + " bytes");
        }
        long bytes = Files.size(file);
        if (bytes != expected.bytes()) {
            return Optional.of(file + ": found " + bytes + " bytes, expected " + expected.bytes());
        }
        if (bytes > hashed) {
            return Optional.empty();
        }
        String found = FileDigest.of(file).sha256();
        return found.equals(expected.sha256())
                ? Optional.empty()
                : Optional.of(file + ": " + difference(found, expected.sha256()));
    }
}
