package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What an app gets whose JVM was started without the Vector API, or that leaves the vector backend out. */
class LastResortTest {
    private static final String APP =
            """
            import dev.unmask.model.*;
            import dev.unmask.model.tokenizer.*;
            import dev.unmask.sample.FillIn;
            import dev.unmask.tensor.program.*;
            import java.nio.file.Path;

            public class App {
                public static void main(String[] arguments) throws Exception {
                    Path folder = Path.of(arguments[0]);
                    new ByteTokenizer().save(folder);
                    try (Backend backend = Backends.cpu()) {
                        ModelFolder.save(Initialization.of(backend, ModelConfig.masked(1, 2, 16, 32, 257), 1), folder);
                    }
                    try (LanguageModel model = LanguageModel.open(folder)) {
                        System.out.println(model.backend().name());
                        System.out.println(new FillIn(model).fill("the ____ sleeps").text());
                    }
                }
            }
            """;

    @TempDir private Path folder;

    /** Runs the app on the class path. */
    private List<String> run(Predicate<String> entry, String... options) throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve("App.java"), APP);
        String classPath =
                Stream.of("jdk.module.path", "java.class.path")
                        .map(property -> System.getProperty(property, ""))
                        .flatMap(path -> Stream.of(path.split(File.pathSeparator)))
                        .filter(path -> !path.isEmpty())
                        .filter(entry)
                        .collect(Collectors.joining(File.pathSeparator));
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> command = new ArrayList<>(List.of(java.toString(), "-cp", classPath));
        command.addAll(List.of(options));
        command.addAll(List.of(source.toString(), Files.createTempDirectory(folder, "model").toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<String> lines = process.inputReader().lines().toList();
        assertEquals(0, process.waitFor(), () -> String.join("\n", lines));
        return lines;
    }

    private static void assertWarnedOnce(List<String> lines, String why) {
        List<String> warnings = lines.stream().filter(line -> line.contains("times slower")).toList();
        assertEquals(1, warnings.size(), () -> String.join("\n", lines));
        assertTrue(warnings.getFirst().contains("on backend reference, as backend vector is not available: "));
        assertTrue(warnings.getFirst().endsWith(why), warnings::getFirst);
    }

    @Test
    void withoutTheVectorApiAppsComputeByPlainLoopsAndAreToldOnceHowToBeFast() throws Exception {
        List<String> lines = run(path -> true);
        assertTrue(lines.contains("reference"), () -> String.join("\n", lines));
        assertWarnedOnce(
                lines,
                "the module jdk.incubator.vector is not loaded; start java with"
                        + " --add-modules=jdk.incubator.vector");
    }

    @Test
    void withoutTheVectorBackendToo() throws Exception {
        List<String> lines = run(path -> !path.contains("vector-backend"), "--add-modules=jdk.incubator.vector");
        assertTrue(lines.contains("reference"), () -> String.join("\n", lines));
        assertWarnedOnce(lines, "it is not there; add unmask-vector-backend to the module or class path");
    }
}
