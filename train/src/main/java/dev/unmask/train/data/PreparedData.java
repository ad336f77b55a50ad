package dev.unmask.train.data;

import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The data of a run, made once and found again later: tokenizer, training and validation tokens in one folder.
 *
 * @param tokenizer turns text into the tokens
 * @param tokenizerFile where it is
 * @param training what to train on
 * @param validation documents that are not in the training tokens
 * @param text SHA-256 of the text that they were made of ({@link TextContent#sha256})
 */
public record PreparedData(
        TextTokenizer tokenizer, Path tokenizerFile, TokenText training, TokenText validation, String text) {
    /** Told how the preparation goes. */
    public interface Progress {
        /** Does nothing. */
        Progress NONE = new Progress() {};

        /**
         * A pass over the text begins.
         *
         * @param what what it does
         */
        default void pass(String what) {}

        /**
         * Some more documents have been read.
         *
         * @param documents read in this pass so far
         */
        default void documents(long documents) {}

        /**
         * So much of what is read in this pass has been read; told after {@link #documents}.
         *
         * @param read bytes so far
         * @param all bytes; 0 if that is not known
         */
        default void bytes(long read, long all) {}

        /**
         * Something that whoever waits should know.
         *
         * @param sentence what was found and what is done about it
         */
        default void note(String sentence) {}
    }

    /**
     * What a run that goes on was made of.
     *
     * @param text SHA-256 of its text ({@link PreparedData#text})
     * @param tokenizer the one its model knows
     */
    public record Origin(String text, TextTokenizer tokenizer) {}

    /**
     * Refuses sources that are not there or not of a known kind, without reading them.
     *
     * @param data sources and layout
     * @throws InputException if one is malformed or missing
     */
    public static void requireSources(DataSettings data) {
        TextSource.requireLayout(data.documents());
        for (TextSource source : TextSource.of(data)) {
            if (!source.exists()) {
                throw new InputException(source.name() + ": not found, expected a text, a folder of texts, or wordnet");
            }
        }
    }

    /**
     * Says whether sequences may begin with a prompt, without reading any.
     *
     * @param data sources, of which those that are packed already say so themselves
     * @return whether a part of a sequence may be given
     * @throws IOException if a source cannot be looked at
     * @throws InputException if a packed source is malformed
     */
    public static boolean mayHavePrompts(DataSettings data) throws IOException {
        List<PackedSource> packed = PackedSource.all(data);
        if (packed.isEmpty()) {
            return data.sequences() == DataSettings.Sequences.PROMPT;
        }
        return packed.stream()
                .anyMatch(source ->
                        source instanceof PackedSource.Folder made
                                && made.manifest().settings().sequences() == DataSettings.Sequences.PROMPT);
    }

    /**
     * Makes the data of a new run, or opens what was made of the same text before.
     *
     * @param data sources and tokenizer
     * @param folder where the files are kept; made if missing
     * @param progress told how it goes
     * @return the data
     * @throws IOException if a source cannot be read or a file not written
     * @throws InputException if a source is malformed or holds no text, the tokenizer is malformed, or another process
     *     is making data in the folder
     */
    public static PreparedData prepare(DataSettings data, Path folder, Progress progress) throws IOException {
        List<PackedSource> packed = PackedSource.all(data);
        if (!packed.isEmpty()) {
            return PackedSource.open(packed, data, folder);
        }
        List<TextSource> sources = TextSource.of(data);
        TextContent text = TextSource.content(sources);
        Optional<TextTokenizer> named = named(data.tokenizer());
        Optional<DataManifest> found =
                DataManifest.read(folder)
                        .filter(manifest -> manifest.settings().equals(data) && manifest.text().equals(text))
                        .filter(manifest -> named.isEmpty() || manifest.isMadeBy(named.get()));
        if (found.isPresent()) {
            Optional<String> damage = damage(found.get(), folder);
            if (damage.isEmpty()) {
                return open(folder, found.get(), TextTokenizer.load(tokenizerFile(folder)), text.sha256());
            }
            progress.note(damage.get() + "; the text is packed again");
        }
        for (TextSource source : sources) {
            source.leftOut().ifPresent(progress::note);
        }
        DataPreparation preparation = new DataPreparation(data, sources, text, folder, progress);
        return preparation.make(named.isPresent() ? named.get() : preparation.tokenizer());
    }

    /**
     * Opens the data of a run that goes on, or makes them again of the same text. Nothing is written before the text is
     * known to be the one that the run began with.
     *
     * @param data sources and tokenizer
     * @param folder where the files are kept
     * @param origin what the run was made of
     * @param progress told how it goes
     * @return the data
     * @throws IOException if a source cannot be read or a file not written
     * @throws InputException if the text is another than the run's, or is gone and the tokens are not whole
     */
    public static PreparedData resume(DataSettings data, Path folder, Origin origin, Progress progress)
            throws IOException {
        if (data.sources().stream().allMatch(name -> Files.exists(Path.of(name)))) {
            List<PackedSource> made = PackedSource.all(data);
            if (!made.isEmpty()) {
                PreparedData opened = PackedSource.reopen(made, data, folder, origin.tokenizer());
                if (!opened.text().equals(origin.text())) {
                    refuseText(String.join(", ", data.sources()) + " was packed of another text");
                }
                return opened;
            }
        }
        List<TextSource> sources = TextSource.of(data);
        Optional<DataManifest> packed =
                DataManifest.read(folder)
                        .filter(manifest -> manifest.text().sha256().equals(origin.text()) && manifest.isMadeAs(data));
        Optional<String> damage =
                packed.isEmpty()
                        ? Optional.of(DataManifest.file(folder) + " is missing or tells of another text")
                        : damage(packed.get(), folder)
                                .or(() -> otherTokenizer(packed.get(), origin.tokenizer(), folder));
        List<TextSource> there = sources.stream().filter(TextSource::exists).toList();
        if (there.size() < sources.size()) {
            String gone = sources.stream().filter(source -> !there.contains(source)).findFirst().orElseThrow().name();
            if (damage.isPresent()) {
                throw new InputException(
                        gone
                                + ": the text of the run is no longer there, and what was packed of it is not whole: "
                                + damage.get()
                                + "; put the text back, or name where it is now by --data");
            }
            TextContent before = packed.get().text().of(there.stream().map(TextSource::name).toList());
            before.difference(TextSource.content(there)).ifPresent(PreparedData::refuseText);
            progress.note(gone + " is no longer there; the run goes on with the tokens in " + folder);
            return open(folder, packed.get(), origin.tokenizer(), origin.text());
        }
        TextContent text = TextSource.content(sources);
        if (!text.sha256().equals(origin.text())) {
            refuseText(
                    packed.flatMap(manifest -> manifest.text().difference(text))
                            .orElse("its content has another hash"));
        }
        if (damage.isEmpty()) {
            return open(folder, packed.get(), origin.tokenizer(), origin.text());
        }
        progress.note(damage.get() + "; the text is packed again");
        return new DataPreparation(data, sources, text, folder, progress).make(origin.tokenizer());
    }

    private static void refuseText(String difference) {
        throw new InputException(
                "--resume: found another text than the one that the run began with: "
                        + difference
                        + "; put the text back as it was, or begin a new run on it by --from and another --out");
    }

    private static Optional<String> otherTokenizer(DataManifest packed, TextTokenizer tokenizer, Path folder) {
        return packed.isMadeBy(tokenizer)
                ? Optional.empty()
                : Optional.of(DataManifest.file(folder) + " tells of another tokenizer");
    }

    private static Optional<String> damage(DataManifest manifest, Path folder) throws IOException {
        Optional<String> damage = manifest.damage(folder);
        if (damage.isPresent()) {
            return damage;
        }
        try {
            TextTokenizer tokenizer = TextTokenizer.load(tokenizerFile(folder));
            return otherTokenizer(manifest, tokenizer, folder);
        } catch (IOException | InputException e) {
            return Optional.of(tokenizerFile(folder) + " cannot be read");
        }
    }

    static Path tokenizerFile(Path folder) {
        return folder.resolve(TextTokenizer.FILE_NAME);
    }

    static PreparedData open(Path folder, DataManifest manifest, TextTokenizer tokenizer, String text)
            throws IOException {
        Packing.sweep(folder);
        return new PreparedData(
                tokenizer,
                tokenizerFile(folder),
                opened(folder, manifest, false, tokenizer),
                sideBySide(opened(folder, manifest, true, tokenizer)),
                text);
    }

    /** The tokens of one side. */
    static TokenText opened(Path folder, DataManifest manifest, boolean validation, TextTokenizer tokenizer)
            throws IOException {
        List<TokenText> parts = new ArrayList<>();
        for (DataManifest.TokenFile file : validation ? manifest.validation() : manifest.training()) {
            PackedTokens tokens = PackedTokens.open(folder.resolve(file.name()), tokenizer);
            parts.add(tokens.isIndexed() ? new DocumentBlocks(tokens) : tokens);
        }
        return MixedText.of(parts, manifest.settings().weights());
    }

    /** For validation, which reads the first blocks only. */
    static TokenText sideBySide(TokenText text) {
        return text instanceof MixedText mixed ? mixed.sideBySide() : text;
    }

    /** The tokenizer that a name stands for; none if one is to be trained. */
    private static Optional<TextTokenizer> named(String name) throws IOException {
        return switch (name) {
            case "bytes" -> Optional.of(new ByteTokenizer());
            case "bpe" -> Optional.empty();
            default -> Optional.of(TextTokenizer.load(Path.of(name)));
        };
    }
}
