package dev.unmask.model.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.StreamSupport;

class BytePairTrainerTest {
    @TempDir private Path folder;

    private static BytePairEncoding learn(List<String> documents, int vocabulary) {
        BytePairTrainer trainer = new BytePairTrainer(vocabulary);
        documents.forEach(trainer::add);
        return trainer.train();
    }

    /**
     * The expected merges are those of {@code BpeTrainer(vocab_size=4000, min_frequency=2)} of Hugging Face's
     * tokenizers 0.23.2, with {@code <|endoftext|>} and the byte-level alphabet, on the same definitions.
     */
    @Test
    void theMergesAreThoseOfHuggingFacesTrainer() throws IOException {
        learn(Texts.definitions("adv"), 4000).save(folder);
        JsonNode file = new ObjectMapper().readTree(folder.resolve("tokenizer.json").toFile());
        List<String> merges =
                StreamSupport.stream(file.path("model").path("merges").spliterator(), false)
                        .map(JsonNode::textValue)
                        .toList();
        assertEquals(Texts.resource("adverb-merges.txt"), merges);
        assertEquals(0, file.path("model").path("vocab").path("<|endoftext|>").intValue());
        assertEquals(1, file.path("model").path("vocab").path("!").intValue());
    }

    @Test
    void theOrderOfDocumentsDoesNotMatter() throws IOException {
        List<String> documents = new ArrayList<>(Texts.definitions("adv"));
        learn(documents, 1500).save(folder.resolve("first.json"));
        Collections.shuffle(documents, new Random(5));
        learn(documents, 1500).save(folder.resolve("second.json"));
        assertArrayEquals(
                Files.readAllBytes(folder.resolve("first.json")), Files.readAllBytes(folder.resolve("second.json")));
    }

    @Test
    void theVocabularyIsSmallerWhereTheTextHasNoMorePairs() {
        BytePairEncoding encoding = learn(List.of("aaab aaab"), 1000);
        assertTrue(encoding.vocabulary() < 265, () -> "found " + encoding.vocabulary());
        assertEquals(encoding.merges() + 257, encoding.vocabulary());
    }

    @Test
    void withoutTextEveryByteIsAToken() {
        assertEquals(257, new BytePairTrainer(1000).train().vocabulary());
    }

    @Test
    void tooManyDifferentPiecesDropTheRareOnesAndKeepTheRest() {
        BytePairTrainer trainer = new BytePairTrainer(300, 2, 64);
        for (int i = 0; i < 5000; i++) {
            trainer.add("frequent" + " " + i);
        }
        BytePairEncoding encoding = trainer.train();
        assertEquals(1, encoding.encode("frequent").length);
    }

    @Test
    void aVocabularyThatDoesNotHoldTheBytesIsRefused() {
        String message = assertThrows(InputException.class, () -> new BytePairTrainer(256)).getMessage();
        assertTrue(message.contains("256") && message.contains("257"), message);
    }
}
