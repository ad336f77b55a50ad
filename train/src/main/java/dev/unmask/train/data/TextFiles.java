package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Documents in files of UTF-8 text, plain or compressed by gzip or, where a library for it is there, Zstandard. Blank
 * documents are left out.
 *
 * @param paths files, in this order, and folders, whose files are taken by name and in the order of their names: those
 *     that end as those of the layout do, each also with {@code .gz} or {@code .zst} behind; files and folders that
 *     begin with a dot are left out, symbolic links are followed
 * @param layout where a document ends
 * @param records how a record becomes documents
 */
public record TextFiles(List<Path> paths, Layout layout, RecordSettings records) implements Corpus {
    private static final List<String> COMPRESSED = List.of(".gz", ".zst");

    /** Where a document ends. */
    public enum Layout {
        /** A file is a document. */
        FILE(".txt", ".text", ".md"),
        /** A line is a document. */
        LINES(".txt", ".text", ".md"),
        /** A line is a record as a JSON object. */
        JSON_LINES(".jsonl", ".ndjson"),
        /** A row of a table in text is a record; the first line names the columns. */
        CSV(".csv", ".tsv"),
        /** A row of a Parquet file is a record; the artifact {@code unmask-parquet} reads them. */
        PARQUET(".parquet");

        /** Those that the name of a file tells. */
        static final List<Layout> RECORDS = List.of(JSON_LINES, CSV, PARQUET);

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

    /**
     * Files whose records have the usual fields.
     *
     * @param paths files and folders
     * @param layout where a document ends
     */
    public TextFiles(List<Path> paths, Layout layout) {
        this(paths, layout, RecordSettings.DEFAULT);
    }

    /** In small letters, as if it were not compressed. */
    static String plainName(String name) {
        String small = name.toLowerCase(Locale.ROOT);
        return COMPRESSED.stream()
                .filter(small::endsWith)
                .findFirst()
                .map(ending -> small.substring(0, small.length() - ending.length()))
                .orElse(small);
    }

    @Override
    public String name() {
        return paths.getFirst() + (paths.size() == 1 ? "" : " and " + (paths.size() - 1) + " more");
    }

    @Override
    public Stream<String> documents() throws IOException {
        return entries(bytes -> {})
                .map(entry ->
                        switch (entry) {
                            case CorpusEntry.Document document -> document.text();
                            case CorpusEntry.Lost lost -> throw new InputException(lost.message());
                        });
    }

    @Override
    public Stream<CorpusEntry> entries(LongConsumer read) throws IOException {
        RecordReader reader = new RecordReader(records);
        return files().taken().stream()
                .flatMap(file -> {
                    try {
                        return FileEntries.of(file, layout, reader, read);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e.getMessage(), e);
                    }
                });
    }

    @Override
    public long bytes() throws IOException {
        long sum = 0;
        for (Path file : files().taken()) {
            sum += Files.size(file);
        }
        return sum;
    }

    /** The files that are read, in order, and those of the folders that are not. */
    TextFolder.Found files() throws IOException {
        return TextFolder.files(paths, layout);
    }
}
