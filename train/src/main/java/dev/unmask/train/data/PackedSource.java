package dev.unmask.train.data;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** A source of a run whose text is tokens already. */
sealed interface PackedSource {
    /** A folder that {@code unmask data} has made. */
    record Folder(Path folder, DataManifest manifest) implements PackedSource {}

    /** Packed files of SMDM. */
    record Chunks(Path path) implements PackedSource {}

    /** What a name stands for, if that is packed. */
    static Optional<PackedSource> of(String name) throws IOException {
        Path path = Path.of(name);
        if (Files.isDirectory(path)) {
            Optional<DataManifest> manifest = DataManifest.read(path);
            if (manifest.isPresent()) {
                return Optional.of(new Folder(path, manifest.get()));
            }
            if (Files.exists(PackingState.file(path))) {
                throw new InputException(path + ": " + PackingState.UNFINISHED);
            }
            if (Files.exists(DataManifest.file(path))) {
                throw new InputException(
                        DataManifest.file(path)
                                + ": found a file that this version does not know; pack the text again");
            }
            try (Stream<Path> entries = Files.list(path)) {
                Optional<Path> first = entries.filter(file -> file.toString().endsWith(".bin")).sorted().findFirst();
                return first.isPresent() && isChunk(first.get()) ? Optional.of(new Chunks(path)) : Optional.empty();
            }
        }
        return Files.isRegularFile(path) && isChunk(path) ? Optional.of(new Chunks(path)) : Optional.empty();
    }

    private static boolean isChunk(Path file) throws IOException {
        int length = PackedChunks.MAGIC.text().length();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] first = in.readNBytes(length);
            return first.length == length && Magic.read(ByteBuffer.wrap(first), length).equals(PackedChunks.MAGIC);
        }
    }

    /** The packed sources of a run; none if it is made of text. */
    static List<PackedSource> all(DataSettings data) throws IOException {
        List<PackedSource> packed = new ArrayList<>();
        for (String name : data.sources()) {
            if (!TextSource.isWordNet(name)) {
                of(name).ifPresent(packed::add);
            }
        }
        if (!packed.isEmpty() && packed.size() < data.sources().size()) {
            throw new InputException(
                    "sources: found texts beside tokens that are packed already; pack the texts too, by the data"
                            + " command, with the same --tokenizer");
        }
        return packed;
    }

    /** Opens all sources of a new run. */
    static PreparedData open(List<PackedSource> sources, DataSettings data, Path folder) throws IOException {
        boolean named = !data.tokenizer().equals("bpe");
        Optional<TextTokenizer> asked = named ? Optional.of(TextTokenizer.named(data.tokenizer())) : Optional.empty();
        return open(sources, data, tokenizer(sources, data, data.tokenizer(), asked, folder));
    }

    /** Opens all sources of a run that goes on with the tokenizer that its model knows. */
    static PreparedData reopen(List<PackedSource> sources, DataSettings data, Path folder, TextTokenizer known)
            throws IOException {
        return open(sources, data, tokenizer(sources, data, "the run's", Optional.of(known), folder));
    }

    private static PreparedData open(List<PackedSource> sources, DataSettings data, Tokenizer tokenizer)
            throws IOException {
        List<TokenText> training = new ArrayList<>();
        List<TokenText> validation = new ArrayList<>();
        List<String> hashes = new ArrayList<>();
        for (PackedSource source : sources) {
            switch (source) {
                case Folder made -> {
                    Optional<String> damage = made.manifest().damage(made.folder());
                    if (damage.isPresent()) {
                        throw new InputException(damage.get() + "; pack the text again, or put the file back");
                    }
                    training.add(PreparedData.opened(made.folder(), made.manifest(), false, tokenizer.tokenizer()));
                    validation.add(PreparedData.opened(made.folder(), made.manifest(), true, tokenizer.tokenizer()));
                    hashes.add(made.manifest().text().sha256());
                }
                case Chunks chunks -> {
                    PackedChunks opened = PackedChunks.open(chunks.path(), tokenizer.tokenizer().vocabulary());
                    training.add(opened.part(data.validationFraction(), false));
                    validation.add(opened.part(data.validationFraction(), true));
                    hashes.add(opened.sha256());
                }
            }
        }
        return new PreparedData(
                tokenizer.tokenizer(),
                tokenizer.file(),
                MixedText.of(training, data.weights()),
                PreparedData.sideBySide(MixedText.of(validation, data.weights())),
                hashes.size() == 1 ? hashes.getFirst() : Sha256.of(String.join("\n", hashes)));
    }

    /** The one tokenizer of all sources and where it is. */
    record Tokenizer(TextTokenizer tokenizer, Path file) {}

    private static Tokenizer tokenizer(
            List<PackedSource> sources, DataSettings data, String name, Optional<TextTokenizer> asked, Path folder)
            throws IOException {
        Optional<Tokenizer> found = Optional.empty();
        for (PackedSource source : sources) {
            if (source instanceof Folder made) {
                Path file = made.folder().resolve(TextTokenizer.FILE_NAME);
                Tokenizer own = new Tokenizer(TextTokenizer.load(file), file);
                if (asked.isPresent()) {
                    requireSame(made.folder().toString(), own.tokenizer(), name, asked.get());
                } else if (found.isPresent()) {
                    requireSame(
                            made.folder().toString(),
                            own.tokenizer(),
                            found.get().file().toString(),
                            found.get().tokenizer());
                }
                found = found.or(() -> Optional.of(own));
            }
        }
        if (found.isPresent()) {
            return found.get();
        }
        if (asked.isEmpty()) {
            throw new InputException(
                    "tokenizer: found none for "
                            + String.join(", ", data.sources())
                            + ", whose files do not tell which tokens they hold; pass the --tokenizer that they were"
                            + " packed with");
        }
        Files.createDirectories(folder);
        Path file = folder.resolve(TextTokenizer.FILE_NAME);
        asked.get().save(file);
        return new Tokenizer(asked.get(), file);
    }

    /** Refuses tokens of another tokenizer, by what these are and not by how many. */
    private static void requireSame(String name, TextTokenizer own, String other, TextTokenizer expected) {
        if (own.fingerprint() == expected.fingerprint()) {
            return;
        }
        String difference =
                own.vocabulary() == expected.vocabulary()
                        ? difference(own, expected)
                        : String.format(
                                Locale.ROOT, "%,d tokens there, %,d here", own.vocabulary(), expected.vocabulary());
        throw new InputException(
                name
                        + ": found tokens of another tokenizer than "
                        + other
                        + " ("
                        + difference
                        + "), expected the same; pack the text again by the data command with this --tokenizer");
    }

    private static String difference(TextTokenizer own, TextTokenizer expected) {
        for (int id = 0; id < own.vocabulary(); id++) {
            if (!own.token(id).equals(expected.token(id))) {
                return "token " + id + " is \"" + own.token(id) + "\" there, \"" + expected.token(id) + "\" here";
            }
        }
        return "the same tokens, but other merges, special tokens or ways to cut a text";
    }
}
