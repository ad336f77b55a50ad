package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

class DocumentSplitTest {
    private static Set<String> read(Corpus corpus) throws IOException {
        try (Stream<String> documents = corpus.documents()) {
            return documents.collect(Collectors.toSet());
        }
    }

    @Test
    void everyDocumentIsOnOneSideAndAboutTheFractionIsForValidation() throws IOException {
        Corpus corpus = WordNetDefinitions.of("adj");
        DocumentSplit split = new DocumentSplit(0.1);
        Set<String> training = read(split.training(corpus));
        Set<String> validation = read(split.validation(corpus));
        assertEquals(0.1, (double) validation.size() / (training.size() + validation.size()), 0.01);
        Set<String> both = new HashSet<>(training);
        both.retainAll(validation);
        assertTrue(both.isEmpty());
        training.addAll(validation);
        assertEquals(read(corpus), training);
    }

    @Test
    void theSideOfADocumentNeverChanges() {
        // SHA-256("abc") begins with 0xba7816bf: 0.728395 of the way.
        assertTrue(new DocumentSplit(0.72840).isValidation("abc"));
        assertFalse(new DocumentSplit(0.72839).isValidation("abc"));
    }

    @Test
    void aFractionOutsideItsRangeIsRefused() {
        assertThrows(InputException.class, () -> new DocumentSplit(1));
        assertThrows(InputException.class, () -> new DocumentSplit(-0.1));
        assertThrows(InputException.class, () -> new DocumentSplit(Double.NaN));
    }
}
