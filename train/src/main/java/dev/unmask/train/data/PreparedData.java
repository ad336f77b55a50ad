package dev.unmask.train.data;

import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.BytePairTrainer;
import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

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
    private static final int REPORT_EVERY = 1000;

    /** Told how the preparation goes. */
    public interface Progress {
        /** Does nothing. */
        Progress NONE =
                new Progress() {
                    @Override
                    public void pass(String what) {}

                    @Override
                    public void documents(long documents) {}

                    @Override
                    public void note(String sentence) {}
                };

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
        void note(String sentence);
    }

    /**
     * What a run that goes on was made of.
     *
     * @param text SHA-256 of its text ({@link PreparedData#text})
     * @param tokenizer the one its model knows
     */
    public record Origin(String text, TextTokenizer tokenizer) {}

    /** Where the parts lie. */
    private record Place(Path folder) {
        Path tokenizer() {
            return folder.resolve(TextTokenizer.FILE_NAME);
        }
    }

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
        TextContent text = content(sources);
        Place place = new Place(folder);
        Optional<TextTokenizer> named = named(data.tokenizer());
        Optional<DataManifest> found =
                DataManifest.read(folder)
                        .filter(manifest -> manifest.settings().equals(data) && manifest.text().equals(text))
                        .filter(manifest -> named.isEmpty() || manifest.isMadeBy(named.get()));
        if (found.isPresent()) {
            Optional<String> damage = damage(found.get(), place);
            if (damage.isEmpty()) {
                return open(place, found.get(), TextTokenizer.load(place.tokenizer()), text.sha256());
            }
            progress.note(damage.get() + "; the text is packed again");
        }
        for (TextSource source : sources) {
            source.leftOut().ifPresent(progress::note);
        }
        DocumentSplit split = new DocumentSplit(data.validationFraction());
        Optional<TextTokenizer> tokenizer = named.isPresent() ? named : begun(data, text, place);
        return make(
                data,
                text,
                sources,
                tokenizer.isPresent() ? tokenizer.get() : trained(data, split.training(corpus(sources)), progress),
                place,
                progress);
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
        Place place = new Place(folder);
        Optional<DataManifest> packed =
                DataManifest.read(folder)
                        .filter(manifest -> manifest.text().sha256().equals(origin.text()) && manifest.isMadeAs(data));
        Optional<String> damage =
                packed.isEmpty()
                        ? Optional.of(DataManifest.file(folder) + " is missing or tells of another text")
                        : damage(packed.get(), place).or(() -> otherTokenizer(packed.get(), origin.tokenizer(), place));
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
            before.difference(content(there)).ifPresent(PreparedData::refuseText);
            progress.note(gone + " is no longer there; the run goes on with the tokens in " + folder);
            return open(place, packed.get(), origin.tokenizer(), origin.text());
        }
        TextContent text = content(sources);
        if (!text.sha256().equals(origin.text())) {
            refuseText(
                    packed.flatMap(manifest -> manifest.text().difference(text))
                            .orElse("its content has another hash"));
        }
        if (damage.isEmpty()) {
            return open(place, packed.get(), origin.tokenizer(), origin.text());
        }
        progress.note(damage.get() + "; the text is packed again");
        return make(data, text, sources, origin.tokenizer(), place, progress);
    }

    private static void refuseText(String difference) {
        throw new InputException(
                "--resume: found another text than the one that the run began with: "
                        + difference
                        + "; put the text back as it was, or begin a new run on it by --from and another --out");
    }

    private static Optional<String> otherTokenizer(DataManifest packed, TextTokenizer tokenizer, Place place) {
        return packed.isMadeBy(tokenizer)
                ? Optional.empty()
                : Optional.of(DataManifest.file(place.folder()) + " tells of another tokenizer");
    }

    private static Optional<String> damage(DataManifest manifest, Place place) throws IOException {
        Optional<String> damage = manifest.damage(place.folder());
        if (damage.isPresent()) {
            return damage;
        }
        try {
            TextTokenizer tokenizer = TextTokenizer.load(place.tokenizer());
            return otherTokenizer(manifest, tokenizer, place);
        } catch (IOException | InputException e) {
            return Optional.of(place.tokenizer() + " cannot be read");
        }
    }

    private static TextContent content(List<TextSource> sources) throws IOException {
        List<TextContent.Part> parts = new ArrayList<>();
        for (TextSource source : sources) {
            parts.addAll(source.content());
        }
        return new TextContent(parts);
    }

    private static Corpus corpus(List<TextSource> sources) {
        return sources.size() == 1
                ? sources.getFirst().corpus()
                : new JoinedCorpus(sources.stream().map(TextSource::corpus).toList());
    }

    private static PreparedData make(
            DataSettings data,
            TextContent text,
            List<TextSource> sources,
            TextTokenizer tokenizer,
            Place place,
            Progress progress)
            throws IOException {
        try (FolderLock _ = FolderLock.take(place.folder())) {
            AtomicFiles.sweep(place.folder());
            return makeAlone(data, text, sources, tokenizer, place, progress);
        }
    }

    private static PreparedData makeAlone(
            DataSettings data,
            TextContent text,
            List<TextSource> sources,
            TextTokenizer tokenizer,
            Place place,
            Progress progress)
            throws IOException {
        // Until all files are of the new sources, none may be taken for those of the old.
        Files.deleteIfExists(DataManifest.file(place.folder()));
        tokenizer.save(place.tokenizer());
        List<Corpus> corpora =
                data.weights().isEmpty() ? List.of(corpus(sources)) : sources.stream().map(TextSource::corpus).toList();
        Packing packing = new Packing(data, tokenizer, key(data, text), place.folder(), progress);
        long lost;
        try {
            lost = packing.run(corpora);
        } catch (OutOfMemoryError e) {
            throw tooLong(corpus(sources), e);
        }
        List<DataManifest.TokenFile> training = new ArrayList<>();
        List<DataManifest.TokenFile> validation = new ArrayList<>();
        for (int i = 0; i < corpora.size(); i++) {
            training.add(DataManifest.TokenFile.of(Packing.file(place.folder(), false, i, corpora.size())));
            validation.add(DataManifest.TokenFile.of(Packing.file(place.folder(), true, i, corpora.size())));
        }
        if (training.stream().allMatch(file -> file.tokens() == 0)) {
            packing.done();
            throw new InputException(
                    "training data: found no text in "
                            + String.join(", ", data.sources())
                            + (data.validationFraction() == 0
                                    ? ""
                                    : ", or all of it went to validation; use more text, or a smaller"
                                            + " data.validation_fraction"));
        }
        DataManifest manifest =
                new DataManifest(data, text, DataManifest.hexadecimal(tokenizer), lost, training, validation);
        manifest.write(place.folder());
        packing.done();
        return open(place, manifest, tokenizer, text.sha256());
    }

    /** Names a packing: of which text, how. */
    private static String key(DataSettings data, TextContent text) {
        return Sha256.of(StrictJson.print(data) + text.sha256());
    }

    /** The tokenizer that a packing was begun with that was killed. */
    private static Optional<TextTokenizer> begun(DataSettings data, TextContent text, Place place) throws IOException {
        Optional<PackingState> state =
                PackingState.read(place.folder()).filter(found -> found.key().equals(key(data, text)));
        if (state.isEmpty() || !Files.exists(place.tokenizer())) {
            return Optional.empty();
        }
        return Optional.of(TextTokenizer.load(place.tokenizer()))
                .filter(tokenizer -> state.get().tokenizer().equals(DataManifest.hexadecimal(tokenizer)));
    }

    private static PreparedData open(Place place, DataManifest manifest, TextTokenizer tokenizer, String text)
            throws IOException {
        return new PreparedData(
                tokenizer,
                place.tokenizer(),
                opened(place.folder(), manifest, false, tokenizer),
                sideBySide(opened(place.folder(), manifest, true, tokenizer)),
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

    private static TextTokenizer trained(DataSettings data, Corpus training, Progress progress) throws IOException {
        progress.pass("training a tokenizer on " + training.name());
        BytePairTrainer trainer = new BytePairTrainer(data.vocabulary());
        long count = 0;
        long bytes = training.bytes();
        AtomicLong read = new AtomicLong();
        try (Stream<CorpusEntry> entries = training.entries(read::addAndGet)) {
            for (Iterator<CorpusEntry> all = entries.iterator(); all.hasNext(); ) {
                switch (all.next()) {
                    case CorpusEntry.Document document -> trainer.add(document.text());
                    case CorpusEntry.Lost lost when data.strict() -> throw new InputException(lost.message());
                    case CorpusEntry.Lost _ -> {
                        // Counted when it is packed.
                    }
                }
                if (++count % REPORT_EVERY == 0) {
                    progress.documents(count);
                    progress.bytes(read.get(), bytes);
                }
            }
            return trainer.train();
        } catch (OutOfMemoryError e) {
            throw tooLong(training, e);
        }
    }

    private static InputException tooLong(Corpus corpus, OutOfMemoryError e) {
        return new InputException(
                corpus.name()
                        + ": a document is too long for the JVM's heap of "
                        + (Runtime.getRuntime().maxMemory() >> 20)
                        + " MiB; take a line for a document, cut the file, or give the heap more, as by"
                        + " UNMASK_JAVA_OPTS=-Xmx"
                        + (Runtime.getRuntime().maxMemory() >> 19)
                        + "m",
                e);
    }
}
