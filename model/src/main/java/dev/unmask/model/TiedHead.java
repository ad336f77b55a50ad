package dev.unmask.model;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.MappedFiles;
import dev.unmask.tensor.io.StoredTensor;

import java.nio.file.Path;
import java.util.Optional;

/** The head of a published model that is said to be its embedding, where the files hold one nevertheless. */
final class TiedHead {
    private TiedHead() {}

    /**
     * Refuses a head of its own: passed over, it would leave a model that says nothing sensible. A copy of the
     * embedding is none. The first row and the last tell them apart, so that a large file is not read whole for it.
     */
    static void refuseOther(ModelConfig config, WeightFiles files, Optional<Family> family, StoredTensor embedding) {
        if (family.isEmpty() || !config.network().head().tied()) {
            return;
        }
        Optional<StoredTensor> head = files.tensor(family.get().published(Parameters.HEAD + ".weight"));
        if (head.isPresent() && !isCopy(files.fileOf(head.get().name()), head.get(), embedding)) {
            throw new InputException(
                    files.fileOf(head.get().name())
                            + ": "
                            + head.get().name()
                            + ": found a head that is not the embedding "
                            + embedding.name()
                            + ", which config.json says it is (tie_word_embeddings or weight_tying); say false there,"
                            + " or take the configuration of these weights");
        }
    }

    private static boolean isCopy(Path file, StoredTensor head, StoredTensor embedding) {
        if (head.type() != embedding.type() || !head.shape().equals(embedding.shape())) {
            return false;
        }
        MappedFiles.requireThere(file + ": " + head.name(), head.data());
        MappedFiles.requireThere(file + ": " + embedding.name(), embedding.data());
        long row = head.data().byteSize() / head.shape().extent(0);
        long last = head.data().byteSize() - row;
        return head.data().asSlice(0, row).mismatch(embedding.data().asSlice(0, row)) < 0
                && head.data().asSlice(last, row).mismatch(embedding.data().asSlice(last, row)) < 0;
    }
}
