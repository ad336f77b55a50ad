package dev.unmask.train.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.StrictJson;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Files and folders of UTF-8 text. */
public final class TextFiles implements Corpus {
    /** What a document is. */
    public enum Documents {
        /** A file. */
        FILE,
        /** A line that is not blank. */
        LINE,
        /** A line of JSON: its {@code text}, or its {@code prompt} and {@code completion}. */
        JSONL;

        /**
         * By its name.
         *
         * @param name {@code file}, {@code line} or {@code jsonl}
         * @return the kind
         * @throws IllegalArgumentException if there is no such kind
         */
        public static Documents of(String name) {
            for (Documents kind : values()) {
                if (kind.name().equalsIgnoreCase(name)) {
                    return kind;
                }
            }
            throw new IllegalArgumentException("documents: found " + name + ", expected file, line or jsonl");
        }
    }

    private final Path root;
    private final List<Path> files;
    private final Documents documents;

    /**
     * The text of a file, or of all files below a folder in the order of their names.
     *
     * @param root the file or folder
     * @param documents what a document is; a file that ends in {@code .jsonl} is always read as such
     * @throws IOException if it cannot be looked at
     * @throws NoSuchFileException if it is not there
     */
    public TextFiles(Path root, Documents documents) throws IOException {
        if (!Files.exists(root)) {
            throw new NoSuchFileException(root.toString(), null, "expected a text file or a folder of text files");
        }
        this.root = root;
        this.documents = documents;
        try (Stream<Path> tree = Files.walk(root)) {
            this.files = tree.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @Override
    public String name() {
        return root.toString();
    }

    @Override
    public String version() throws IOException {
        List<String> parts = new ArrayList<>();
        for (Path file : files) {
            parts.add(file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file).toMillis());
        }
        return documents + " " + parts.stream().collect(Collectors.joining("; "));
    }

    @Override
    public void read(Reader reader) throws IOException {
        for (Path file : files) {
            Documents kind = file.toString().toLowerCase(Locale.ROOT).endsWith(".jsonl") ? Documents.JSONL : documents;
            try {
                if (kind == Documents.FILE) {
                    reader.document(Files.readString(file));
                } else {
                    readLines(file, kind, reader);
                }
            } catch (CharacterCodingException e) {
                throw new IllegalArgumentException(file + ": is not UTF-8 text; convert it first", e);
            }
        }
    }

    private static void readLines(Path file, Documents kind, Reader reader) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                if (!line.isBlank()) {
                    reader.document(kind == Documents.LINE ? line : field(line, file + " line " + number));
                }
            }
        }
    }

    private static String field(String line, String source) {
        ObjectNode object = StrictJson.parse(line, source);
        JsonNode text = object.get("text");
        if (text != null && text.isTextual()) {
            return text.textValue();
        }
        if (object.path("prompt").isTextual() && object.path("completion").isTextual()) {
            return object.get("prompt").textValue() + object.get("completion").textValue();
        }
        throw new IllegalArgumentException(source + ": expected a string \"text\", or \"prompt\" and \"completion\"");
    }
}
