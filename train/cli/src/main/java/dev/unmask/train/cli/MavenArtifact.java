package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** An artifact of a Maven repository, fetched by the Maven at hand with its settings, mirrors and local repository. */
final class MavenArtifact {
    private static final String COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";

    private MavenArtifact() {}

    /**
     * Fetches an artifact.
     *
     * @param coordinates group, name and version
     * @param folder gets the jar
     * @return the jar
     * @throws InputException if there is no Maven, or it cannot fetch the artifact; the message has what it said
     */
    static Path copy(String coordinates, Path folder) throws IOException, InterruptedException {
        boolean windows = System.getProperty("os.name", "").startsWith("Windows");
        List<String> command =
                List.of(
                        windows ? "mvn.cmd" : "mvn",
                        "-B",
                        "-ntp",
                        "-q",
                        COPY,
                        "-Dartifact=" + coordinates,
                        "-DoutputDirectory=" + folder.toAbsolutePath());
        Path said = folder.resolve("mvn.log");
        Process process;
        try {
            process =
                    new ProcessBuilder(command)
                            .directory(folder.toFile())
                            .redirectErrorStream(true)
                            .redirectOutput(said.toFile())
                            .start();
        } catch (IOException e) {
            throw new InputException(
                    "mvn: found no Maven that could fetch "
                            + coordinates
                            + "; install Maven, or download the jar and name it",
                    e);
        }
        try {
            int status = process.waitFor();
            Optional<Path> jar = jarIn(folder);
            if (status != 0 || jar.isEmpty()) {
                throw new InputException(
                        "mvn: could not fetch " + coordinates + " (exit status " + status + "): " + last(said));
            }
            return jar.get();
        } finally {
            process.destroy();
        }
    }

    private static Optional<Path> jarIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".jar")).findFirst();
        }
    }

    private static String last(Path said) throws IOException {
        List<String> errors =
                new String(Files.readAllBytes(said), StandardCharsets.UTF_8)
                        .lines()
                        .filter(line -> line.contains("ERROR"))
                        .map(line -> line.replaceFirst("^.*?ERROR[^ ]* ?", ""))
                        .toList();
        return errors.isEmpty() ? "it said nothing" : errors.getFirst();
    }
}
