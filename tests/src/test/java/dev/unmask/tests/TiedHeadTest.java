package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.model.ModelFolder;
import dev.unmask.model.Weights;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.Safetensors;
import dev.unmask.tensor.io.SafetensorsWriter;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.reference.ReferenceBackendProvider;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A configuration that says that the head is the embedding, beside files with a head. */
class TiedHeadTest {
    private static final Path LLAMA = Path.of("src/test/resources/golden/hf/llama");
    private static final String HEAD = "lm_head.weight";
    private static final String EMBEDDING = "model.embed_tokens.weight";

    @TempDir private Path folder;

    /** The golden model with a configuration that ties its head, which is what is stored under another name. */
    private void write(String head) throws IOException {
        String config = Files.readString(LLAMA.resolve("config.json"));
        Files.writeString(
                folder.resolve("config.json"),
                config.replace("\"tie_word_embeddings\": false", "\"tie_word_embeddings\": true"));
        Safetensors golden = Safetensors.open(LLAMA.resolve("model.safetensors"));
        SafetensorsWriter writer = new SafetensorsWriter();
        for (StoredTensor tensor : golden.tensors()) {
            StoredTensor content = tensor.name().equals(HEAD) ? golden.require(head) : tensor;
            writer.add(new StoredTensor(tensor.name(), content.type(), content.shape(), content.data()));
        }
        writer.write(folder.resolve("model.safetensors"));
    }

    private void load() throws IOException {
        try (Backend backend = new ReferenceBackendProvider().open(BackendOptions.defaults())) {
            ModelFolder.open(folder).load(backend, Weights.Use.INFERENCE);
        }
    }

    @Test
    void aHeadOfItsOwnIsNotPassedOver() throws IOException {
        write(HEAD);
        assertEquals(
                folder.resolve("model.safetensors")
                        + ": lm_head.weight: found a head that is not the embedding model.embed_tokens.weight, which"
                        + " config.json says it is (tie_word_embeddings or weight_tying); say false there, or take the"
                        + " configuration of these weights",
                assertThrows(InputException.class, this::load).getMessage());
    }

    @Test
    void aCopyOfTheEmbeddingIsPassedOver() throws IOException {
        write(EMBEDDING);
        load();
    }
}
