package dev.unmask.train.data;

import dev.unmask.model.json.StrictJson;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Packs the documents of corpora into files for training and validation: each document is read once, encoded by all
 * processors, written in order. A packing that was killed goes on where it last said how far it was.
 */
final class Packing {
    /** Records that held nothing, a line each. */
    private static final String LOST = "lost.jsonl";

    /** How many of them are told one by one. */
    private static final int TOLD = 5;

    /** Tokens between two notes of how far it is. */
    private static final long SAVE_EVERY = 1 << 22;

    private static final int REPORT_EVERY = 1000;

    private final DataSettings settings;
    private final TextTokenizer tokenizer;
    private final Path folder;
    private final PreparedData.Progress progress;
    private final DocumentSplit split;
    private final TokenType type;
    private final boolean indexed;
    private final long saveEvery;
    private PackingState state;

    /**
     * A packing.
     *
     * @param key of the text and how it is packed; what was packed by another key before is made anew
     */
    Packing(DataSettings settings, TextTokenizer tokenizer, String key, Path folder, PreparedData.Progress progress)
            throws IOException {
        this(settings, tokenizer, key, folder, progress, SAVE_EVERY);
    }

    Packing(
            DataSettings settings,
            TextTokenizer tokenizer,
            String key,
            Path folder,
            PreparedData.Progress progress,
            long saveEvery)
            throws IOException {
        this.settings = settings;
        this.tokenizer = tokenizer;
        this.folder = folder;
        this.progress = progress;
        this.split = new DocumentSplit(settings.validationFraction());
        this.type = TokenType.of(tokenizer.vocabulary());
        this.indexed = settings.sequences() != DataSettings.Sequences.PACKED;
        this.saveEvery = saveEvery;
        String fingerprint = DataManifest.hexadecimal(tokenizer);
        this.state =
                PackingState.read(folder)
                        .filter(found -> found.key().equals(key) && found.tokenizer().equals(fingerprint))
                        .orElse(PackingState.none(key, fingerprint));
    }

    /** The file of a source and a side of it; one source has no number. */
    static Path file(Path folder, boolean validation, int source, int sources) {
        return folder.resolve(
                (validation ? "validation" : "training") + (sources == 1 ? "" : "-" + (source + 1)) + ".tokens");
    }

    /** Packs what is left to pack; returns how many records held nothing. */
    long run(List<Corpus> corpora) throws IOException {
        if (!isWhole(corpora.size())) {
            state = PackingState.none(state.key(), state.tokenizer());
        }
        if (state.source() > 0 || state.entries() > 0) {
            progress.note(
                    String.format(
                            Locale.ROOT,
                            "going on with a packing that was interrupted after %,d documents and records",
                            state.entries()));
        } else {
            state.write(folder);
        }
        try (FileChannel lost =
                FileChannel.open(folder.resolve(LOST), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lost.truncate(state.lostBytes());
            lost.position(state.lostBytes());
            for (int source = state.source(); source < corpora.size(); source++) {
                pack(corpora.get(source), source, corpora.size(), lost);
            }
        }
        if (state.lost() == 0) {
            Files.deleteIfExists(folder.resolve(LOST));
        } else {
            progress.note(
                    String.format(
                            Locale.ROOT,
                            "%,d record%s left out; each is named in %s",
                            state.lost(),
                            state.lost() == 1 ? " was" : "s were",
                            folder.resolve(LOST)));
        }
        return state.lost();
    }

    /** Forgets how far it was, when what was made is told of elsewhere. */
    void done() throws IOException {
        Files.deleteIfExists(PackingState.file(folder));
    }

    /** Deletes what a packing has left that was killed when all that it made was whole. */
    static void sweep(Path folder) throws IOException {
        if (Files.exists(PackingState.file(folder))) {
            try (FolderLock _ = FolderLock.take(folder)) {
                Files.deleteIfExists(PackingState.file(folder));
            }
        }
    }

    private boolean isWhole(int sources) throws IOException {
        for (int source = 0; source < state.source(); source++) {
            if (!Files.isRegularFile(file(folder, false, source, sources))
                    || !Files.isRegularFile(file(folder, true, source, sources))) {
                return false;
            }
        }
        Path lost = folder.resolve(LOST);
        return (state.lostBytes() == 0 || Files.exists(lost) && Files.size(lost) >= state.lostBytes())
                && (state.entries() == 0
                        || GrowingTokens.holds(
                                        file(folder, false, state.source(), sources),
                                        type,
                                        indexed,
                                        state.training().extent())
                                && GrowingTokens.holds(
                                        file(folder, true, state.source(), sources),
                                        type,
                                        indexed,
                                        state.validation().extent()));
    }

    private void pack(Corpus corpus, int source, int sources, FileChannel lost) throws IOException {
        progress.pass("packing " + corpus.name());
        long all = corpus.bytes();
        AtomicLong read = new AtomicLong();
        Path trainingFile = file(folder, false, source, sources);
        Path validationFile = file(folder, true, source, sources);
        try (GrowingTokens training = new GrowingTokens(trainingFile, type, indexed, state.training().extent());
                GrowingTokens validation =
                        new GrowingTokens(validationFile, type, indexed, state.validation().extent());
                Stream<CorpusEntry> entries = corpus.entries(read::addAndGet)) {
            DocumentEncoder encoder = new DocumentEncoder(tokenizer, settings);
            Iterator<CorpusEntry> left = entries.skip(state.entries()).iterator();
            EncodingPipeline<CorpusEntry, DocumentEncoder.Result> pipeline =
                    new EncodingPipeline<>(
                            Runtime.getRuntime().availableProcessors(),
                            Math.min(EncodingPipeline.BATCH, saveEvery),
                            entry -> encoder.encode(entry, split),
                            Packing::size);
            long[] saved = {training.extent().tokens() + validation.extent().tokens()};
            pipeline.run(
                    left,
                    result -> {
                        take(result, training, validation, lost);
                        if (state.entries() % REPORT_EVERY == 0) {
                            progress.documents(training.extent().documents() + validation.extent().documents());
                            progress.bytes(read.get(), all);
                        }
                        long tokens = training.extent().tokens() + validation.extent().tokens();
                        if (tokens - saved[0] >= saveEvery) {
                            saved[0] = tokens;
                            save(training, validation, lost);
                        }
                    });
            progress.bytes(all, all);
            save(training, validation, lost);
            training.finish(tokenizer);
            validation.finish(tokenizer);
        }
        PackingState.Side nothing = PackingState.Side.of(GrowingTokens.Extent.NONE);
        state =
                new PackingState(
                        state.key(),
                        state.tokenizer(),
                        source + 1,
                        0,
                        state.lost(),
                        state.lostBytes(),
                        nothing,
                        nothing);
        state.write(folder);
    }

    private static int size(CorpusEntry entry) {
        return switch (entry) {
            case CorpusEntry.Lost _ -> 0;
            case CorpusEntry.Document document ->
                    document.parts().stream().mapToInt(part -> part.text().length()).sum();
        };
    }

    private void take(DocumentEncoder.Result result, GrowingTokens training, GrowingTokens validation, FileChannel lost)
            throws IOException {
        long moreLost = 0;
        switch (result) {
            case DocumentEncoder.Result.Tokens tokens ->
                    (tokens.validation() ? validation : training).add(tokens.ids(), tokens.given());
            case DocumentEncoder.Result.Lost one -> {
                if (settings.strict()) {
                    throw new InputException(one.message());
                }
                if (state.lost() < TOLD) {
                    progress.note("left out: " + one.message());
                }
                byte[] line = (StrictJson.line(Map.of("lost", one.message())) + "\n").getBytes(StandardCharsets.UTF_8);
                lost.write(ByteBuffer.wrap(line));
                moreLost = 1;
            }
        }
        state =
                new PackingState(
                        state.key(),
                        state.tokenizer(),
                        state.source(),
                        state.entries() + 1,
                        state.lost() + moreLost,
                        moreLost == 0 ? state.lostBytes() : lost.position(),
                        state.training(),
                        state.validation());
    }

    private void save(GrowingTokens training, GrowingTokens validation, FileChannel lost) throws IOException {
        training.force();
        validation.force();
        lost.force(false);
        state =
                new PackingState(
                        state.key(),
                        state.tokenizer(),
                        state.source(),
                        state.entries(),
                        state.lost(),
                        state.lostBytes(),
                        PackingState.Side.of(training.extent()),
                        PackingState.Side.of(validation.extent()));
        state.write(folder);
    }
}
