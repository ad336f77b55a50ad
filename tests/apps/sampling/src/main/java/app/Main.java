package app;

import dev.unmask.model.tokenizer.ByteTokenizer;
import dev.unmask.model.Initialization;
import dev.unmask.model.LanguageModel;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.sample.FillIn;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Backends;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Makes a model of random weights in a folder, opens it there and fills a blank. */
public final class Main {
    private static final List<String> JARS =
            List.of(
                    "jackson-annotations",
                    "jackson-core",
                    "jackson-databind",
                    "unmask-model",
                    "unmask-sample",
                    "unmask-tensor",
                    "unmask-vector-backend");

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        List<String> jars =
                Arrays.stream(System.getProperty("jdk.module.path").split(File.pathSeparator))
                        .map(path -> Path.of(path).getFileName().toString())
                        .filter(name -> name.endsWith(".jar"))
                        .map(name -> name.replaceFirst("-\\d.*", ""))
                        .sorted()
                        .toList();
        if (!jars.equals(JARS)) {
            throw new IllegalStateException("found the jars " + jars + ", expected " + JARS);
        }
        Path folder = Path.of(arguments[0]);
        new ByteTokenizer().save(folder);
        try (Backend backend = Backends.cpu()) {
            ModelFolder.save(Initialization.of(backend, ModelConfig.masked(1, 2, 16, 32, 257), 1), folder);
        }
        try (LanguageModel model = LanguageModel.open(folder)) {
            System.out.println(new FillIn(model).fill("the ____ sleeps").text());
        }
    }
}
