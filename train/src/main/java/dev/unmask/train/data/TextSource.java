package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A source of text as a run names it.
 *
 * @param name {@code wordnet}, {@code wordnet:…}, or the path of a file or folder
 * @param corpus its documents
 */
record TextSource(String name, Corpus corpus) {
    private static final String WORDNET = "wordnet";
    private static final String WORDNET_VERSION = "WordNet 3.1";

    /** The sources of a run, checked as far as they can be without reading them. */
    static List<TextSource> of(DataSettings data) {
        if (data.sources().isEmpty()) {
            throw new InputException("training data: no source was named; use wordnet or the path of a text");
        }
        return data.sources().stream()
                .map(name -> new TextSource(name, corpus(name, data.documents(), data.records())))
                .toList();
    }

    private static Corpus corpus(String name, String documents, RecordSettings records) {
        if (name.equals(WORDNET)) {
            return WordNetDefinitions.all();
        }
        if (isWordNet(name)) {
            return wordNet(name.substring(WORDNET.length() + 1));
        }
        return new TextFiles(List.of(Path.of(name)), layout(documents, name), records);
    }

    static boolean isWordNet(String name) {
        return name.equals(WORDNET) || name.startsWith(WORDNET + ":");
    }

    /** {@code noun.animal,noun.food}, or with the longest definition in characters: {@code noun.location:40}. */
    private static Corpus wordNet(String slice) {
        String[] parts = slice.split(":", 2);
        WordNetDefinitions chosen = WordNetDefinitions.of(parts[0].split(","));
        if (parts.length == 1) {
            return chosen;
        }
        try {
            return chosen.upTo(Integer.parseInt(parts[1]));
        } catch (NumberFormatException e) {
            throw new InputException(
                    "wordnet:" + slice + ": found " + parts[1] + ", expected the longest definition in characters", e);
        }
    }

    /** Refuses a layout that there is not, even where no source asks for one. */
    static void requireLayout(String documents) {
        layout(documents, "any");
    }

    private static TextFiles.Layout layout(String documents, String source) {
        TextFiles.Layout asked =
                switch (documents) {
                    case "file" -> TextFiles.Layout.FILE;
                    case "line" -> TextFiles.Layout.LINES;
                    case "jsonl" -> TextFiles.Layout.JSON_LINES;
                    case "csv" -> TextFiles.Layout.CSV;
                    case "parquet" -> TextFiles.Layout.PARQUET;
                    default ->
                            throw new InputException(
                                    "documents: found " + documents + ", expected file, line, jsonl, csv or parquet");
                };
        Path path = Path.of(source);
        Optional<TextFiles.Layout> named =
                TextFiles.Layout.RECORDS.stream()
                        .filter(layout -> path.getFileName() != null && layout.takes(path))
                        .findFirst();
        if (named.isPresent()) {
            return named.get();
        }
        if (!Files.isDirectory(path)) {
            return asked == TextFiles.Layout.LINES && isJson(path) ? TextFiles.Layout.JSON_LINES : asked;
        }
        try {
            return TextFolder.layout(path, asked);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Many a published file of records is called so; one in a folder may as well be settings. */
    private static boolean isJson(Path path) {
        return path.getFileName() != null && TextFiles.plainName(path.getFileName().toString()).endsWith(".json");
    }

    /** Whether it can still be read; WordNet always can. */
    boolean exists() {
        return isWordNet(name) || Files.exists(Path.of(name));
    }

    /** What some sources hold now; reads all of them. */
    static TextContent content(List<TextSource> sources) throws IOException {
        List<TextContent.Part> parts = new ArrayList<>();
        for (TextSource source : sources) {
            parts.addAll(source.content());
        }
        return new TextContent(parts);
    }

    /** What it holds now; reads all of it. */
    private List<TextContent.Part> content() throws IOException {
        if (!(corpus instanceof TextFiles files)) {
            return List.of(new TextContent.Part(name, name, WORDNET, Sha256.of(WORDNET_VERSION + " " + corpus.name())));
        }
        List<TextContent.Part> parts = new ArrayList<>();
        for (Path file : files.files().taken()) {
            parts.add(new TextContent.Part(name, file.toString(), files.layout().name(), Sha256.of(file)));
        }
        return parts;
    }

    /** In one sentence, which files of a folder are not read, if any. */
    Optional<String> leftOut() throws IOException {
        if (!(corpus instanceof TextFiles files)) {
            return Optional.empty();
        }
        List<Path> left = files.files().left();
        String endings =
                left.stream().map(TextSource::ending).collect(Collectors.toCollection(TreeSet::new)).stream()
                        .limit(8)
                        .collect(Collectors.joining(", "));
        return left.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        name
                                + ": "
                                + left.size()
                                + " of "
                                + (left.size() + files.files().taken().size())
                                + " files are left out, as they do not end in "
                                + String.join(", ", files.layout().endings())
                                + ": "
                                + endings);
    }

    private static String ending(Path file) {
        String name = file.getFileName().toString();
        int dot = name.lastIndexOf('.');
        return dot < 0 ? name : name.substring(dot);
    }
}
