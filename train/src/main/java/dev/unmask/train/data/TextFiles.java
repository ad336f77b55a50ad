package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Documents in files of UTF-8 text, plain or compressed by gzip. Blank documents are left out.
 *
 * @param paths files, in this order, and folders, whose files are taken by name and in the order of their names: {@code
 *     .txt}, {@code .text} and {@code .md}, or {@code .jsonl} and {@code .ndjson}, each also with {@code .gz} behind;
 *     files and folders that begin with a dot are left out, symbolic links are followed
 * @param layout where a document ends
 */
public record TextFiles(List<Path> paths, Layout layout) implements Corpus {
    private static final String COMPRESSED = ".gz";

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
        JSON_LINES(".jsonl", ".ndjson");

        private final List<String> endings;

        Layout(String... endings) {
            this.endings = List.of(endings);
        }

        /** How the names of its files end. */
        List<String> endings() {
            return endings;
        }

        boolean takes(Path file) {
            String name = plainName(file.getFileName().toString());
            return endings.stream().anyMatch(name::endsWith);
        }
    }

    /** Checks that there are paths. */
    public TextFiles {
        paths = List.copyOf(paths);
        if (paths.isEmpty()) {
            throw new InputException("text files: found none, expected at least one file or folder");
        }
    }

    /** In small letters, as if it were not compressed. */
    static String plainName(String name) {
        String small = name.toLowerCase(Locale.ROOT);
        return small.endsWith(COMPRESSED) ? small.substring(0, small.length() - COMPRESSED.length()) : small;
    }

    @Override
    public String name() {
        return paths.getFirst() + (paths.size() == 1 ? "" : " and " + (paths.size() - 1) + " more");
    }

    @Override
    public Stream<String> documents() throws IOException {
        return files().taken().stream().flatMap(this::documents).filter(document -> !document.isBlank());
    }

    /** The files that are read, in order, and those of the folders that are not. */
    TextFolder.Found files() throws IOException {
        return TextFolder.files(paths, layout);
    }

    private Stream<String> documents(Path file) {
        try {
            return switch (layout) {
                case FILE -> Stream.of(Utf8Lines.whole(file));
                case LINES -> Utf8Lines.read(file).map(Utf8Lines.Line::text);
                case JSON_LINES ->
                        Utf8Lines.read(file)
                                .filter(line -> !line.text().isBlank())
                                .map(line -> new JsonRecord(file, line).document());
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }
}
