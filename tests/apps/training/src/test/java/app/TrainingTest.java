package app;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertTrue;

import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.Initialization;
import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.model.Transformer;
import dev.unmask.sample.FillIn;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.data.PackedTokens;
import dev.unmask.train.data.TextFiles;

import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** By JUnit 4, which no dependency of Unmask may push aside. */
public class TrainingTest {
    @Rule public TemporaryFolder temporary = new TemporaryFolder();

    @Test
    public void trainsThenFillsABlank() throws IOException {
        Path folder = temporary.getRoot().toPath();
        Path text = Files.writeString(folder.resolve("corpus.txt"), "the cat sleeps on the mat\n".repeat(50));
        TextTokenizer tokenizer = new ByteTokenizer();
        tokenizer.save(folder);
        TextFiles corpus = new TextFiles(List.of(text), TextFiles.Layout.LINES);
        PackedTokens tokens = PackedTokens.pack(corpus, tokenizer, folder.resolve("text.tokens"), (done, count) -> {});
        try (Backend backend = Backends.cpu()) {
            ModelConfig config = ModelConfig.masked(1, 2, 16, 32, tokenizer.vocabulary());
            Transformer model = Initialization.of(backend, config, 1);
            Trainer trainer = new Trainer(backend, model, tokens, TrainerSettings.of(3, 2, 16, 1e-3));
            while (trainer.step() < 3) {
                assertTrue(Double.isFinite(trainer.next().loss()));
            }
            ModelFolder.save(model, folder);
        }
        try (LanguageModel model = LanguageModel.open(folder)) {
            String filled = new FillIn(model).fill("the ____ sleeps").text();
            assertTrue(filled, filled.startsWith("the "));
        }
    }

    @Test
    public void bringsEightJars() {
        List<String> jars =
                Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                        .map(path -> Path.of(path).getFileName().toString())
                        .filter(name -> name.endsWith(".jar"))
                        .filter(name -> !name.matches("(surefire|junit|hamcrest|apiguardian|opentest4j|common-|maven).*"))
                        .map(name -> name.replaceFirst("-\\d.*", ""))
                        .sorted()
                        .toList();
        assertEquals(
                List.of(
                        "jackson-annotations",
                        "jackson-core",
                        "jackson-databind",
                        "unmask-model",
                        "unmask-sample",
                        "unmask-tensor",
                        "unmask-train",
                        "unmask-vector-backend"),
                jars);
    }
}
