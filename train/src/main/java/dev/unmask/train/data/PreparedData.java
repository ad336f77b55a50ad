package dev.unmask.train.data;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.BytePairTrainer;
import dev.unmask.model.ByteTokenizer;
import dev.unmask.model.StrictJson;
import dev.unmask.model.TextTokenizer;
import dev.unmask.tensor.AtomicFiles;
import dev.unmask.tensor.InputException;
import dev.unmask.train.RunConfig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The data of a run, made once and found again later: tokenizer, training and validation tokens in one folder.
 *
 * @param tokenizer turns text into the tokens
 * @param tokenizerFile where it is
 * @param training what to train on
 * @param validation documents that are not in the training tokens
 */
public record PreparedData(
        TextTokenizer tokenizer, Path tokenizerFile, PackedTokens training, PackedTokens validation) {
    private static final String WORDNET = "wordnet";
    private static final int REPORT_EVERY = 1000;

    /** Told how the preparation goes. */
    public interface Progress {
        /**
         * A pass over the text begins.
         *
         * @param what what it does
         */
        void pass(String what);

        /**
         * Some more documents have been read.
         *
         * @param documents read in this pass so far
         */
        void documents(long documents);
    }

    /**
     * Makes the data of a run, or opens what an earlier run of the same sources made.
     *
     * @param data sources and tokenizer
     * @param folder where the files are kept; made if missing
     * @param progress told how it goes
     * @return the data
     * @throws IOException if a source cannot be read, or a file cannot be written or is not what an earlier run left
     * @throws InputException if a source is malformed or holds no text
     */
    public static PreparedData prepare(RunConfig.Data data, Path folder, Progress progress) throws IOException {
        Files.createDirectories(folder);
        Path manifest = folder.resolve("data.json");
        String wanted = manifest(data);
        Path tokenizerFile = folder.resolve(TextTokenizer.FILE_NAME);
        Path training = folder.resolve("training.tokens");
        Path validation = folder.resolve("validation.tokens");
        if (Files.exists(manifest) && Files.readString(manifest).equals(wanted)) {
            try {
                TextTokenizer tokenizer = TextTokenizer.load(tokenizerFile);
                return new PreparedData(
                        tokenizer,
                        tokenizerFile,
                        PackedTokens.open(training, tokenizer),
                        PackedTokens.open(validation, tokenizer));
            } catch (IOException e) {
                throw new IOException(
                        e.getMessage()
                                + " (remove "
                                + manifest
                                + ", and the next start makes tokenizer and tokens again)",
                        e);
            }
        }
        // Until all files are of the new sources, none may be taken for those of the old.
        Files.deleteIfExists(manifest);
        Corpus corpus = corpus(data);
        DocumentSplit split = new DocumentSplit(data.validationFraction());
        TextTokenizer tokenizer = tokenizer(data, split.training(corpus), progress);
        tokenizer.save(tokenizerFile);
        PreparedData prepared =
                new PreparedData(
                        tokenizer,
                        tokenizerFile,
                        pack(split.training(corpus), tokenizer, training, progress),
                        pack(split.validation(corpus), tokenizer, validation, progress));
        if (prepared.training.tokens() == 0) {
            throw new InputException("training data: found no text in " + data.sources());
        }
        AtomicFiles.write(manifest, wanted);
        return prepared;
    }

    private static PackedTokens pack(Corpus corpus, TextTokenizer tokenizer, Path file, Progress progress)
            throws IOException {
        progress.pass("packing " + corpus.name());
        return PackedTokens.pack(
                corpus,
                tokenizer,
                file,
                (documents, tokens) -> {
                    if (documents % REPORT_EVERY == 0) {
                        progress.documents(documents);
                    }
                });
    }

    /** What the files were made of; a text that has changed since has another size or time. */
    private static String manifest(RunConfig.Data data) throws IOException {
        ObjectNode all = StrictJson.tree(data);
        ArrayNode versions = all.putArray("versions");
        for (String source : data.sources()) {
            if (isWordNet(source)) {
                versions.add("WordNet 3.1");
                continue;
            }
            if (!Files.exists(Path.of(source))) {
                throw new NoSuchFileException(source, null, "expected wordnet, a text file or a folder of text files");
            }
            try (Stream<Path> tree = Files.walk(Path.of(source))) {
                for (Path file : tree.filter(Files::isRegularFile).sorted().toList()) {
                    versions.add(file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file).toMillis());
                }
            }
        }
        return StrictJson.print(all);
    }

    private static boolean isWordNet(String source) {
        return source.equals(WORDNET) || source.startsWith(WORDNET + ":");
    }

    private static Corpus corpus(RunConfig.Data data) {
        List<Corpus> parts = new ArrayList<>();
        for (String source : data.sources()) {
            if (source.equals(WORDNET)) {
                parts.add(WordNetDefinitions.all());
            } else if (isWordNet(source)) {
                parts.add(wordNet(source.substring(WORDNET.length() + 1)));
            } else {
                parts.add(new TextFiles(List.of(Path.of(source)), layout(data.documents(), source)));
            }
        }
        if (parts.isEmpty()) {
            throw new InputException("training data: no source was named; use wordnet or the path of a text");
        }
        return parts.size() == 1 ? parts.getFirst() : new JoinedCorpus(parts);
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

    private static TextFiles.Layout layout(String documents, String source) {
        if (source.toLowerCase(Locale.ROOT).endsWith(".jsonl")) {
            return TextFiles.Layout.JSON_LINES;
        }
        return switch (documents) {
            case "file" -> TextFiles.Layout.FILE;
            case "line" -> TextFiles.Layout.LINES;
            case "jsonl" -> TextFiles.Layout.JSON_LINES;
            default -> throw new InputException("documents: found " + documents + ", expected file, line or jsonl");
        };
    }

    private static TextTokenizer tokenizer(RunConfig.Data data, Corpus training, Progress progress) throws IOException {
        return switch (data.tokenizer()) {
            case "bytes" -> new ByteTokenizer();
            case "bpe" -> {
                progress.pass("training a tokenizer on " + training.name());
                BytePairTrainer trainer = new BytePairTrainer(data.vocabulary());
                long count = 0;
                try (Stream<String> documents = training.documents()) {
                    for (Iterator<String> all = documents.iterator(); all.hasNext(); ) {
                        trainer.add(all.next());
                        if (++count % REPORT_EVERY == 0) {
                            progress.documents(count);
                        }
                    }
                }
                yield trainer.train();
            }
            default -> TextTokenizer.load(Path.of(data.tokenizer()));
        };
    }
}
