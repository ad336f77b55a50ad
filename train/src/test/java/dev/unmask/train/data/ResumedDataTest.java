package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;
import dev.unmask.train.data.PreparedData.Origin;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The data of a run that goes on, whose text may have moved, changed or gone. */
class ResumedDataTest {
    @TempDir private Path parent;
    private Path folder;
    private Path text;

    @BeforeEach
    void write() throws IOException {
        folder = parent.resolve("data");
        text = lines("text.txt", "the cat");
    }

    private Path lines(String name, String subject) throws IOException {
        return ExampleText.write(parent.resolve(name), subject);
    }

    private static DataSettings data(Path... sources) {
        return ExampleText.settings("bpe", 0.25, sources);
    }

    private Origin begin(Path... sources) throws IOException {
        PreparedData data = PreparedData.prepare(data(sources), folder, PreparedData.Progress.NONE);
        return new Origin(data.text(), data.tokenizer());
    }

    private PreparedData resume(Origin origin, NotedProgress passes, Path... sources) throws IOException {
        return PreparedData.resume(data(sources), folder, origin, passes);
    }

    private Map<String, String> files() throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.toList()) {
                contents.put(file.getFileName().toString(), Sha256.of(file));
            }
        }
        return contents;
    }

    @Test
    void aRunGoesOnWithItsTokensWhereverItsTextLies() throws IOException {
        Origin origin = begin(text);
        Map<String, String> before = files();
        NotedProgress passes = new NotedProgress();
        Path copy = Files.copy(text, parent.resolve("copy.txt"));
        assertEquals(origin.text(), resume(origin, passes, text).text());
        assertEquals(origin.text(), resume(origin, passes, copy).text());
        assertEquals(List.of(), passes.passes);
        assertEquals(List.of(), passes.notes);
        assertEquals(before, files());
    }

    @Test
    void aRunWhoseTextHasChangedIsRefusedByFileAndNothingIsWritten() throws IOException {
        Path second = lines("second.txt", "a dog");
        Origin origin = begin(text, second);
        Map<String, String> before = files();
        Files.writeString(second, "one more line\n", StandardOpenOption.APPEND);
        InputException refusal =
                assertThrows(InputException.class, () -> resume(origin, new NotedProgress(), text, second));
        assertEquals(
                "--resume: found another text than the one that the run began with: "
                        + second
                        + " has changed; put the text back as it was, or begin a new run on it by --from and another"
                        + " --out",
                refusal.getMessage());
        assertEquals(before, files());
    }

    @Test
    void filesThatCameOrWentAreNamed() throws IOException {
        Path texts = Files.createDirectory(parent.resolve("texts"));
        Path a = Files.copy(text, texts.resolve("a.txt"));
        Path b = Files.writeString(texts.resolve("b.txt"), "a dog\n");
        Origin origin = begin(texts);
        Files.move(b, texts.resolve("c.txt"));
        assertEquals(
                origin.text(), resume(origin, new NotedProgress(), texts).text(), "the same content in the same order");
        Files.delete(texts.resolve("c.txt"));
        assertTrue(refusal(origin, texts).contains(": " + b + " is gone; "), refusal(origin, texts));
        Files.writeString(b, "a dog\n");
        Path d = Files.writeString(texts.resolve("d.txt"), "a bird\n");
        assertTrue(refusal(origin, texts).contains(": " + d + " is new; "), refusal(origin, texts));
        Files.delete(a);
        assertTrue(refusal(origin, texts).contains(d + " is new, and 1 more file; "), refusal(origin, texts));
    }

    private String refusal(Origin origin, Path... sources) {
        return assertThrows(InputException.class, () -> resume(origin, new NotedProgress(), sources)).getMessage();
    }

    @Test
    void aRunWhoseTextIsGoneGoesOnWithItsTokensAndSaysSo() throws IOException {
        Path second = lines("second.txt", "a dog");
        Origin origin = begin(text, second);
        Files.delete(text);
        NotedProgress passes = new NotedProgress();
        assertEquals(origin.text(), resume(origin, passes, text, second).text());
        assertEquals(List.of(text + " is no longer there; the run goes on with the tokens in " + folder), passes.notes);
        Files.writeString(second, "something else\n");
        assertTrue(refusal(origin, text, second).contains(second + " has changed"), refusal(origin, text, second));
        Files.delete(second);
        assertEquals(origin.text(), resume(origin, passes, text, second).text());
        Files.delete(folder.resolve("validation.tokens"));
        assertEquals(
                text
                        + ": the text of the run is no longer there, and what was packed of it is not whole: "
                        + folder.resolve("validation.tokens")
                        + " is not there; put the text back, or name where it is now by --data",
                refusal(origin, text, second));
    }

    @Test
    void tokensThatAreLostAreMadeAgainOfTheSameTextWithTheTokenizerOfTheRun() throws IOException {
        Origin origin = begin(text);
        Map<String, String> before = files();
        for (String lost : List.of("data.json", "tokenizer.json", "training.tokens")) {
            Files.delete(folder.resolve(lost));
            NotedProgress passes = new NotedProgress();
            resume(origin, passes, text);
            assertEquals(1, passes.passes.size(), "no tokenizer is trained");
            assertEquals(1, passes.notes.size());
            assertEquals(before, files());
        }
        Files.delete(folder.resolve("data.json"));
        Files.writeString(text, "another text\n");
        assertTrue(refusal(origin, text).contains("its content has another hash"), refusal(origin, text));
        assertFalse(Files.exists(folder.resolve("data.json")));
    }
}
