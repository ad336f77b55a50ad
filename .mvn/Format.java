import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Checks or mends the format of every Java file of the build, with google-java-format. It runs as a program of its own,
 * under the toolchain's JDK, because the formatter parses with the compiler of the JVM it runs on and Maven may run on
 * an older one. Its working directory is the root of the build.
 */
final class Format {
    private Format() {}

    /**
     * Formats the sources, or leaves the names of those that are not formatted in a file; that file's existence is what
     * the build fails on, in a sentence of its own.
     *
     * @param args {@code check} or {@code apply}, then the file to leave
     * @throws IOException if a folder cannot be listed or the file cannot be written
     */
    public static void main(String[] args) throws IOException {
        List<String> flags =
                switch (args[0]) {
                    case "check" -> List.of("--dry-run");
                    case "apply" -> List.of("--replace");
                    default -> throw new IllegalArgumentException("-Dformat is check or apply, found " + args[0]);
                };
        List<String> command = new ArrayList<>(List.of("--aosp", "--max-line-length=120"));
        command.addAll(flags);
        command.addAll(sources());

        StringWriter findings = new StringWriter();
        PrintWriter sink = new PrintWriter(findings);
        ToolProvider.findFirst("google-java-format").orElseThrow().run(sink, sink, command.toArray(String[]::new));

        Path report = Path.of(args[1]);
        Files.deleteIfExists(report);
        if (!findings.toString().isBlank()) {
            System.err.println(findings.toString().strip());
            Files.createDirectories(report.getParent());
            Files.writeString(report, findings.toString());
        }
    }

    private static List<String> sources() throws IOException {
        Path root = Path.of("");
        List<String> found = new ArrayList<>();
        addSources(root.resolve(".mvn"), found);
        try (Stream<Path> top = Files.list(root)) {
            for (Path module : top.filter(path -> Files.exists(path.resolve("pom.xml"))).sorted().toList()) {
                addSources(module.resolve("src"), found);
            }
        }
        return found;
    }

    private static void addSources(Path folder, List<String> found) throws IOException {
        if (Files.isDirectory(folder)) {
            try (Stream<Path> tree = Files.walk(folder)) {
                tree.map(Path::toString).filter(name -> name.endsWith(".java")).sorted().forEach(found::add);
            }
        }
    }
}
