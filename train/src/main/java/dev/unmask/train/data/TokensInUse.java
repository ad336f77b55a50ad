package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The folders whose tokens a run reads, which nobody can pack anew meanwhile: the tokens, which are mapped, would stay
 * as they are, but checkpoints would be given the tokenizer of others.
 */
public final class TokensInUse implements AutoCloseable {
    private final List<FolderLock> locks = new ArrayList<>();

    private TokensInUse() {}

    /**
     * Keeps the data of a run as they are.
     *
     * @param settings what the run was made of
     * @param folder where the run keeps what it has packed itself
     * @param data what is read
     * @return to be closed when nothing is read any more
     * @throws IOException if a folder cannot be read
     * @throws InputException if one is being packed, or was since the data were opened
     */
    public static TokensInUse by(DataSettings settings, Path folder, PreparedData data) throws IOException {
        TokensInUse inUse = new TokensInUse();
        try {
            for (String source : settings.sources()) {
                if (!TextSource.isWordNet(source) && Files.exists(DataManifest.file(Path.of(source)))) {
                    inUse.hold(Path.of(source), data);
                }
            }
            if (Files.exists(PreparedData.tokenizerFile(folder))) {
                inUse.hold(folder, data);
            }
            return inUse;
        } catch (IOException | RuntimeException failure) {
            inUse.close();
            throw failure;
        }
    }

    private void hold(Path folder, PreparedData data) throws IOException {
        locks.add(FolderLock.read(folder));
        Optional<DataManifest> manifest = DataManifest.read(folder);
        if (manifest.isPresent() && !manifest.get().isMadeBy(data.tokenizer())) {
            throw new InputException(
                    folder
                            + ": found tokens of another tokenizer than a moment ago; something else was packed into"
                            + " it: start again with the folder as it is now, or name another");
        }
    }

    @Override
    public void close() throws IOException {
        for (FolderLock lock : locks) {
            lock.close();
        }
    }
}
