package dev.unmask.train.data;

import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.BytePairTrainer;
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
 * Makes the files of {@link PreparedData} of texts: a tokenizer, tokens, and what tells of them.
 *
 * @param settings sources and layout
 * @param sources the texts
 * @param text what they hold
 * @param folder where the files go
 * @param progress told how it goes
 */
record DataPreparation(
        DataSettings settings,
        List<TextSource> sources,
        TextContent text,
        Path folder,
        PreparedData.Progress progress) {
    private static final int REPORT_EVERY = 1000;

    /** The tokenizer that a packing was begun with that was killed, or else one trained on the text. */
    TextTokenizer tokenizer() throws IOException {
        Optional<TextTokenizer> begun = begun();
        return begun.isPresent() ? begun.get() : trained();
    }

    /** Packs the text, all of it or what an interrupted packing left. */
    PreparedData make(TextTokenizer tokenizer) throws IOException {
        try (FolderLock _ = FolderLock.take(folder)) {
            AtomicFiles.sweep(folder);
            // Until all files are of the new sources, none may be taken for those of the old.
            Files.deleteIfExists(DataManifest.file(folder));
            tokenizer.save(PreparedData.tokenizerFile(folder));
            return PreparedData.open(folder, pack(tokenizer), tokenizer, text.sha256());
        }
    }

    private DataManifest pack(TextTokenizer tokenizer) throws IOException {
        List<Corpus> corpora =
                settings.weights().isEmpty() ? List.of(corpus()) : sources.stream().map(TextSource::corpus).toList();
        Packing packing = new Packing(settings, tokenizer, key(), folder, progress);
        long lost;
        try {
            lost = packing.run(corpora);
        } catch (OutOfMemoryError e) {
            throw tooLong(corpus(), e);
        }
        requireUnchanged(packing);
        List<DataManifest.TokenFile> training = new ArrayList<>();
        List<DataManifest.TokenFile> validation = new ArrayList<>();
        for (int i = 0; i < corpora.size(); i++) {
            training.add(DataManifest.TokenFile.of(Packing.file(folder, false, i, corpora.size())));
            validation.add(DataManifest.TokenFile.of(Packing.file(folder, true, i, corpora.size())));
        }
        if (training.stream().allMatch(file -> file.tokens() == 0)) {
            packing.done();
            throw new InputException(
                    "training data: found no text in "
                            + String.join(", ", settings.sources())
                            + (settings.validationFraction() == 0
                                    ? ""
                                    : ", or all of it went to validation; use more text, or a smaller"
                                            + " data.validation_fraction"));
        }
        DataManifest manifest =
                new DataManifest(settings, text, DataManifest.hexadecimal(tokenizer), lost, training, validation);
        manifest.write(folder);
        packing.done();
        return manifest;
    }

    /** Tokens of a text that somebody wrote into meanwhile would be told to be those of another. */
    private void requireUnchanged(Packing packing) throws IOException {
        Optional<String> difference = text.difference(TextSource.content(sources));
        if (difference.isPresent()) {
            packing.done();
            throw new InputException(
                    "training data: "
                            + difference.get()
                            + " since it was first read, expected the same text to the end of the packing; pack it"
                            + " again when nobody writes into it");
        }
    }

    private Corpus corpus() {
        return sources.size() == 1
                ? sources.getFirst().corpus()
                : new JoinedCorpus(sources.stream().map(TextSource::corpus).toList());
    }

    /** Names a packing: of which text, how. */
    private String key() {
        return Sha256.of(StrictJson.print(settings) + text.sha256());
    }

    private Optional<TextTokenizer> begun() throws IOException {
        Optional<PackingState> state = PackingState.read(folder).filter(found -> found.key().equals(key()));
        Path file = PreparedData.tokenizerFile(folder);
        if (state.isEmpty() || !Files.exists(file)) {
            return Optional.empty();
        }
        return Optional.of(TextTokenizer.load(file))
                .filter(tokenizer -> state.get().tokenizer().equals(DataManifest.hexadecimal(tokenizer)));
    }

    private TextTokenizer trained() throws IOException {
        Corpus training = new DocumentSplit(settings.validationFraction()).training(corpus());
        progress.pass("training a tokenizer on " + training.name());
        BytePairTrainer trainer = new BytePairTrainer(settings.vocabulary());
        long count = 0;
        long bytes = training.bytes();
        AtomicLong read = new AtomicLong();
        try (Stream<CorpusEntry> entries = training.entries(read::addAndGet)) {
            for (Iterator<CorpusEntry> all = entries.iterator(); all.hasNext(); ) {
                switch (all.next()) {
                    case CorpusEntry.Document document -> trainer.add(document.text());
                    case CorpusEntry.Lost lost when settings.strict() -> throw new InputException(lost.message());
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
