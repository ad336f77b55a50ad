package dev.unmask.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.FileDigest;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a checkpoint holds: length and SHA-256 of each of its files, kept in {@code training.json} with the state of the
 * run. That file ends in a hash of its own: of its text with zeros in the place of the hash.
 *
 * @param files by name
 */
public record Inventory(Map<String, FileDigest> files) {
    /** The file of a checkpoint that holds its inventory. */
    public static final String FILE = "training.json";

    /** The file of a checkpoint that only training reads. */
    public static final String MOMENTS = "optimizer.safetensors";

    /** Larger files are only mapped by who samples, and not read for their hash unless that is asked for. */
    private static final long READ_AT_ONCE = 128L << 20;

    private static final String FILES = "files";
    private static final String BYTES = "bytes";
    private static final String SHA256 = "sha256";
    private static final String ZEROS = "0".repeat(64);

    /** The hash of the file itself: its last key, at the end of the text. */
    private static final Pattern OWN = Pattern.compile("\"" + SHA256 + "\" : \"([0-9a-f]{64})\"\\s*}\\s*$");

    /** Takes a copy of the files. */
    public Inventory {
        files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
    }

    /**
     * The text of {@link #FILE}: a state, this inventory, and the hash of both.
     *
     * @param state a JSON object
     * @return JSON
     */
    public String sealed(String state) {
        ObjectNode all = StrictJson.parse(state, "state");
        ObjectNode list = all.putObject(FILES);
        files.forEach((name, file) -> list.putObject(name).put(BYTES, file.bytes()).put(SHA256, file.sha256()));
        String open = StrictJson.print(all.put(SHA256, ZEROS));
        return StrictJson.print(all.put(SHA256, hash(open)));
    }

    /**
     * Reads {@link #FILE}.
     *
     * @param folder the checkpoint
     * @return its text, a JSON object
     * @throws IOException if it cannot be read
     * @throws DamagedCheckpointException if it is missing or not as it was sealed
     */
    public static String read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            throw new DamagedCheckpointException(file + ": found no such file, expected the state of the run");
        }
        try {
            StrictJson.read(file);
        } catch (InputException e) {
            throw new DamagedCheckpointException(e.getMessage(), e);
        }
        String text = Files.readString(file);
        damage(text)
                .ifPresent(damage -> {
                    throw new DamagedCheckpointException(file + ": " + damage);
                });
        return text;
    }

    /**
     * The inventory of a checkpoint.
     *
     * @param folder the checkpoint
     * @return its files; empty in those that older versions wrote, whose damage goes unnoticed
     * @throws IOException if it cannot be read
     * @throws DamagedCheckpointException if {@link #FILE} is missing or not as it was sealed
     */
    public static Optional<Inventory> of(Path folder) throws IOException {
        return of(StrictJson.parse(read(folder), FILE), folder.resolve(FILE));
    }

    /**
     * Compares the files of a checkpoint with what was saved.
     *
     * @param folder the checkpoint
     * @param how how thoroughly
     * @throws IOException if a file cannot be read
     * @throws DamagedCheckpointException if one is missing or is another than was saved; the message names it, what was
     *     found and what was expected
     */
    public void verify(Path folder, Verification how) throws IOException {
        for (String name : how == Verification.NONE ? Set.<String>of() : files.keySet()) {
            if (how == Verification.WHOLE || !name.equals(MOMENTS)) {
                Optional<String> damage =
                        damage(folder, name, how == Verification.WHOLE ? Long.MAX_VALUE : READ_AT_ONCE);
                if (damage.isPresent()) {
                    throw new DamagedCheckpointException(damage.get());
                }
            }
        }
    }

    /** Why a text is not the one that was sealed; empty if it is, or never was sealed. */
    private static Optional<String> damage(String text) {
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

    private static Optional<Inventory> of(ObjectNode state, Path file) {
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
    private Optional<String> damage(Path folder, String name, long hashed) throws IOException {
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
