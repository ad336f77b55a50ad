package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A JVM of its own for what might bring one down, or needs limits of its own. */
final class ChildJvm {
    private ChildJvm() {}

    /**
     * Runs a class of the tests and fails unless it ends with code 0.
     *
     * @param main has a main method
     * @param options of the JVM
     */
    static void succeeds(Class<?> main, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
        command.addAll(List.of("--add-modules=jdk.incubator.vector", "--illegal-native-access=allow"));
        command.addAll(List.of(options));
        command.addAll(List.of("--class-path", classPath(main), main.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (BufferedReader printed = process.inputReader(StandardCharsets.UTF_8)) {
            String text = printed.lines().collect(Collectors.joining("\n"));
            assertEquals(0, process.waitFor(), () -> main.getSimpleName() + " ended with:\n" + text);
        } finally {
            process.destroyForcibly();
        }
    }

    /** All that this JVM has on its class path and its module path, and where the class is. */
    private static String classPath(Class<?> main) {
        String name = main.getName().replace('.', '/') + ".class";
        try {
            Path file = Path.of(main.getClassLoader().getResource(name).toURI());
            Path root = file.getRoot().resolve(file.subpath(0, file.getNameCount() - Path.of(name).getNameCount()));
            return Stream.of(
                            Optional.of(root.toString()),
                            Optional.ofNullable(System.getProperty("jdk.module.path")),
                            Optional.of(System.getProperty("java.class.path")))
                    .flatMap(Optional::stream)
                    .collect(Collectors.joining(File.pathSeparator));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
