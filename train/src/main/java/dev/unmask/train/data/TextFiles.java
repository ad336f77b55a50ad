package dev.unmask.train.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Documents in files of UTF-8 text. Blank documents are left out.
 *
 * @param paths files, in this order, and folders, whose files are taken by name and in the order of their names: {@code
 *     .txt}, {@code .text} and {@code .md}, or {@code .jsonl}; files that begin with a dot are left out
 * @param layout where a document ends
 */
public record TextFiles(List<Path> paths, Layout layout) implements Corpus {
    /** More than this in one document is surely a mistake, and does not fit in a string. */
    private static final long LARGEST_DOCUMENT = 1L << 30;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Where a document ends. */
    public enum Layout {
        /** A file is a document. */
        FILE(".txt", ".text", ".md"),
        /** A line is a document. */
        LINES(".txt", ".text", ".md"),
        /**
         * A line is a JSON object: the document is its {@code text}, or its {@code prompt} and then its {@code
         * completion}.
         */
        JSON_LINES(".jsonl");

        private final List<String> endings;

        Layout(String... endings) {
            this.endings = List.of(endings);
        }

        private boolean takes(Path file) {
            String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
            return !name.startsWith(".") && endings.stream().anyMatch(name::endsWith);
        }
    }

    /** Checks that there are paths. */
    public TextFiles {
        paths = List.copyOf(paths);
        if (paths.isEmpty()) {
            throw new InputException("text files: found none, expected at least one file or folder");
        }
    }

    @Override
    public String name() {
        return paths.getFirst() + (paths.size() == 1 ? "" : " and " + (paths.size() - 1) + " more");
    }

    @Override
    public Stream<String> documents() throws IOException {
        return files().stream().flatMap(this::documents).filter(document -> !document.isBlank());
    }

    private List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path path : paths) {
            if (Files.isDirectory(path)) {
                int before = files.size();
                try (Stream<Path> tree = Files.walk(path)) {
                    tree.filter(file -> Files.isRegularFile(file) && layout.takes(file)).sorted().forEach(files::add);
                }
                if (files.size() == before) {
                    throw new NoSuchFileException(
                            path.toString(), null, "the folder has no file that ends in " + layout.endings);
                }
            } else if (Files.isReadable(path)) {
                files.add(path);
            } else {
                throw new NoSuchFileException(
                        path.toString(), null, "there is no such file, or it may not be read; expected UTF-8 text");
            }
        }
        return files;
    }

    private Stream<String> documents(Path file) {
        try {
            return switch (layout) {
                case FILE -> Stream.of(whole(file));
                case LINES -> Utf8Lines.read(file).map(Utf8Lines.Line::text);
                case JSON_LINES ->
                        Utf8Lines.read(file).filter(line -> !line.text().isBlank()).map(line -> document(file, line));
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private static String whole(Path file) throws IOException {
        if (Files.size(file) > LARGEST_DOCUMENT) {
            throw new IOException(
                    file
                            + ": "
                            + Files.size(file)
                            + " bytes are too many for one document, expected at most "
                            + LARGEST_DOCUMENT
                            + "; read it with a document a line, or cut it into files");
        }
        return Utf8Lines.whole(file);
    }

    private static String document(Path file, Utf8Lines.Line line) {
        String place = file + ", line " + line.number() + ": ";
        try {
            JsonNode object = JSON.readTree(line.text());
            if (object.path("text").isTextual()) {
                return object.path("text").textValue();
            }
            if (object.path("prompt").isTextual() && object.path("completion").isTextual()) {
                return object.path("prompt").textValue() + object.path("completion").textValue();
            }
        } catch (JsonProcessingException e) {
            throw refused(place + "it is not JSON (" + e.getOriginalMessage() + "); expected one object a line");
        }
        throw refused(
                place + "expected an object with the string \"text\", or the strings \"prompt\" and \"completion\"");
    }

    private static UncheckedIOException refused(String message) {
        return new UncheckedIOException(message, new IOException(message));
    }
}
