package dev.unmask.tests.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.ModelFolder;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The programs of docs/embedding.md work, and are those that are compiled here. */
class ExamplesTest {
    private static final Pattern JAVA = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @TempDir private Path folder;

    private interface Program {
        void main(String... arguments) throws IOException;
    }

    @Test
    void theProgramsTrainThenSampleThenFill() throws IOException {
        Path corpus = folder.resolve("corpus.txt");
        Files.writeString(corpus, "the cat sleeps on the mat\nthe dog sleeps on the rug\n".repeat(60));
        String model = folder.resolve("model").toString();

        String trained = output(TrainExample::main, corpus.toString(), model, "60");
        assertTrue(trained.startsWith("the ") && trained.contains(" sleeps"), trained);
        assertTrue(Files.exists(Path.of(model, ModelFolder.CHECKPOINTS, "step-00000060", ModelFolder.WEIGHTS)));

        String sampled = output(SampleExample::main, model, "the cat");
        assertTrue(sampled.startsWith("the cat"), sampled);
        assertEquals(sampled, output(SampleExample::main, model, "the cat"));

        List<String> fillings = output(FillExample::main, model, "the ____ sleeps on the mat").lines().toList();
        assertEquals(3, fillings.size());
        assertTrue(fillings.getFirst().endsWith("sleeps on the mat"), fillings.getFirst());
    }

    @Test
    void thePageShowsTheProgramsAsTheyAreCompiled() throws IOException {
        Path root = root();
        Path sources = root.resolve("tests/src/test/java/dev/unmask/tests/examples");
        List<String> shown = new ArrayList<>();
        Matcher blocks = JAVA.matcher(Files.readString(root.resolve("docs/embedding.md")).replace("\r\n", "\n"));
        while (blocks.find()) {
            shown.add(blocks.group(1));
        }
        List<String> compiled = new ArrayList<>();
        for (String program : List.of("TrainExample", "SampleExample", "FillExample")) {
            compiled.add(Files.readString(sources.resolve(program + ".java")).replace("\r\n", "\n"));
        }
        Path app = root.resolve("tests/apps/integration/src/main/java/app");
        for (String part : List.of("Blanks", "UnmaskLanguageModel")) {
            compiled.add(Files.readString(app.resolve(part + ".java")).replace("\r\n", "\n"));
        }
        assertEquals(
                compiled, shown, "docs/embedding.md: its Java blocks are not the files in " + sources + " and " + app);
    }

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        return Files.isDirectory(here.resolve("docs")) ? here : here.getParent();
    }

    private static String output(Program program, String... arguments) throws IOException {
        PrintStream before = System.out;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            System.setOut(out);
            program.main(arguments);
        } finally {
            System.setOut(before);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
