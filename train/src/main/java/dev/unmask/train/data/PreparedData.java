package dev.unmask.train.data;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.BytePairTrainer;
import dev.unmask.model.ByteTokenizer;
import dev.unmask.model.StrictJson;
import dev.unmask.model.TextTokenizer;
import dev.unmask.tensor.AtomicFiles;
import dev.unmask.train.RunConfig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

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
    /** Told how the preparation goes. */
    public interface Progress {
        /**
         * A pass over the text begins.
         *
         * @param what what it does
         * @return told how many characters have been read
         */
        LongConsumer pass(String what);
    }

    /** Documents are put into this many classes by their text, the first of which are for validation. */
    private static final int CLASSES = 10_000;

    /**
     * Makes the data of a run, or opens what an earlier run of the same sources made.
     *
     * @param data sources and tokenizer
     * @param folder where the files are kept; made if missing
     * @param progress told how it goes
     * @return the data
     * @throws IOException if a source cannot be read or a file cannot be written
     * @throws IllegalArgumentException if a source is malformed or holds no text
     */
    public static PreparedData prepare(RunConfig.Data data, Path folder, Progress progress) throws IOException {
        Files.createDirectories(folder);
        List<Corpus> corpora = corpora(data);
        Path manifest = folder.resolve("data.json");
        String wanted = manifest(data, corpora);
        Path tokenizerFile = folder.resolve(TextTokenizer.FILE_NAME);
        Path training = folder.resolve("training.tokens");
        Path validation = folder.resolve("validation.tokens");
        if (Files.exists(manifest) && Files.readString(manifest).equals(wanted)) {
            return new PreparedData(
                    TextTokenizer.load(tokenizerFile),
                    tokenizerFile,
                    PackedTokens.open(training),
                    PackedTokens.open(validation));
        }
        TextTokenizer tokenizer = tokenizer(data, corpora, progress);
        tokenizer.save(tokenizerFile);
        TokenPacker packer = new TokenPacker(tokenizer);
        int validationClasses = (int) Math.round(data.validationFraction() * CLASSES);
        packer.pack(
                corpora,
                text -> documentClass(text) >= validationClasses,
                training,
                progress.pass("packing training text"));
        packer.pack(
                corpora,
                text -> documentClass(text) < validationClasses,
                validation,
                progress.pass("packing validation text"));
        PreparedData prepared =
                new PreparedData(tokenizer, tokenizerFile, PackedTokens.open(training), PackedTokens.open(validation));
        if (prepared.training.tokens() == 0) {
            throw new IllegalArgumentException("training data: found no text in " + data.sources());
        }
        AtomicFiles.write(manifest, wanted);
        return prepared;
    }

    /** By the text alone, so that a document that stands twice is on one side only. */
    private static int documentClass(String text) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ b) * 0x100000001b3L;
        }
        return (int) Long.remainderUnsigned(hash ^ hash >>> 32, CLASSES);
    }

    private static String manifest(RunConfig.Data data, List<Corpus> corpora) throws IOException {
        ObjectNode all = StrictJson.tree(data);
        List<String> versions = new ArrayList<>();
        for (Corpus corpus : corpora) {
            versions.add(corpus.version());
        }
        all.put("versions", String.join(" | ", versions));
        return StrictJson.print(all);
    }

    private static List<Corpus> corpora(RunConfig.Data data) throws IOException {
        List<Corpus> corpora = new ArrayList<>();
        for (String source : data.sources()) {
            if (source.equals("wordnet")) {
                corpora.add(new WordNetDefinitions(List.of()));
            } else if (source.startsWith("wordnet:")) {
                corpora.add(new WordNetDefinitions(List.of(source.substring(8).split(","))));
            } else {
                corpora.add(new TextFiles(Path.of(source), TextFiles.Documents.of(data.documents())));
            }
        }
        if (corpora.isEmpty()) {
            throw new IllegalArgumentException("training data: no source was named; use wordnet or the path of a text");
        }
        return corpora;
    }

    private static TextTokenizer tokenizer(RunConfig.Data data, List<Corpus> corpora, Progress progress)
            throws IOException {
        return switch (data.tokenizer()) {
            case "bytes" -> new ByteTokenizer();
            case "bpe" -> {
                BytePairTrainer trainer = new BytePairTrainer(data.vocabulary());
                LongConsumer read = progress.pass("counting words for the tokenizer");
                long[] characters = new long[1];
                for (Corpus corpus : corpora) {
                    corpus.read(document -> {
                        trainer.add(document);
                        characters[0] += document.length();
                        read.accept(characters[0]);
                    });
                }
                yield trainer.train();
            }
            default -> TextTokenizer.load(Path.of(data.tokenizer()));
        };
    }
}
