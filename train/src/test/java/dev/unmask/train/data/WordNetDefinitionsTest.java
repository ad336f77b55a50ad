package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

class WordNetDefinitionsTest {
    private static List<String> lines(WordNetDefinitions corpus) throws IOException {
        try (Stream<String> documents = corpus.documents()) {
            return documents.toList();
        }
    }

    @Test
    void allOfWordNetIsThere() throws IOException {
        List<String> lines = lines(WordNetDefinitions.all());
        assertEquals(117_791, lines.size());
        assertEquals(
                "entity: that which is perceived or known or inferred to have its own distinct existence"
                        + " (living or nonliving)",
                lines.getFirst());
        assertTrue(
                lines.contains(
                        "sigh, suspire: heave or utter a sigh; breathe deeply and heavily; \"She sighed sadly\""));
        assertTrue(lines.stream().noneMatch(line -> line.indexOf('_') >= 0 && line.indexOf('_') < line.indexOf(':')));
    }

    @Test
    void adjectivesLoseTheirMarkers() throws IOException {
        List<String> lines = lines(WordNetDefinitions.of("adj"));
        assertEquals(18_185, lines.size());
        assertTrue(
                lines.contains(
                        "abounding, galore: existing in abundance; \"abounding confidence\"; \"whiskey galore\""));
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("handy, ready to hand: ")));
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("outback, remote: ")));
    }

    @Test
    void aSliceHoldsItsLexicographerFilesOnly() throws IOException {
        try (Stream<WordNetEntry> entries = WordNetDefinitions.of("noun.food", "verb.weather").entries()) {
            List<String> names = entries.map(WordNetEntry::lexname).distinct().toList();
            assertEquals(List.of("noun.food", "verb.weather"), names);
        }
        assertEquals("WordNet 3.1 noun.food up to 40 characters", WordNetDefinitions.of("noun.food").upTo(40).name());
    }

    @Test
    void theSlicesTogetherAreTheWhole() throws IOException {
        long sum = 0;
        for (String name : WordNetEntry.lexnames()) {
            int count = lines(WordNetDefinitions.of(name)).size();
            assertTrue(count > 0, name);
            sum += count;
        }
        assertEquals(117_791, sum);
    }

    @Test
    void longDefinitionsAreLeftOutWhateverTheLengthOfTheirExamples() throws IOException {
        try (Stream<WordNetEntry> entries = WordNetDefinitions.of("verb").upTo(20).entries()) {
            List<WordNetEntry> kept = entries.toList();
            assertTrue(kept.stream().allMatch(entry -> entry.definition().length() <= 20));
            assertTrue(kept.stream().anyMatch(entry -> entry.gloss().length() > 60));
        }
    }

    @Test
    void anUnknownSliceIsRefusedWithTheKnownOnes() {
        String message = assertThrows(InputException.class, () -> WordNetDefinitions.of("noun.beast")).getMessage();
        assertTrue(message.contains("noun.beast") && message.contains("noun.animal"), message);
    }

    /** Other tests run on the module path; this one loads the same code as a class path does, without modules. */
    @Test
    void theJarIsFoundOnTheClassPathAsWell() throws Exception {
        List<URL> urls = new ArrayList<>();
        String paths =
                System.getProperty("jdk.module.path", "") + File.pathSeparator + System.getProperty("java.class.path");
        for (String path : paths.split(File.pathSeparator)) {
            if (!path.isEmpty()) {
                urls.add(Path.of(path).toUri().toURL());
            }
        }
        URI own = WordNetDefinitions.class.getProtectionDomain().getCodeSource().getLocation().toURI();
        urls.add(own.toURL());
        // Without a parent: the platform loader knows the packages of all modules and would find them there.
        try (URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), null)) {
            Class<?> corpus = loader.loadClass(WordNetDefinitions.class.getName());
            assertFalse(corpus.getModule().isNamed());
            Object adverbs = corpus.getMethod("of", String[].class).invoke(null, (Object) new String[] {"adv"});
            try (Stream<?> documents = (Stream<?>) corpus.getMethod("documents").invoke(adverbs)) {
                assertEquals(3_625, documents.count());
            }
        }
    }
}
