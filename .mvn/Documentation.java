import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes the jar of a module's Javadoc with the tools of the JVM that runs it: Maven's own may be too old to read the
 * module's descriptor. Arguments: the sources, the entries of the class path, the jar, and the time of its entries.
 */
final class Documentation {
    private Documentation() {}

    public static void main(String[] arguments) throws IOException {
        Path sources = Path.of(arguments[0]);
        Path jar = Path.of(arguments[2]);
        Path pages = jar.resolveSibling("javadoc");
        // What was compiled from these sources is no module beside them.
        String modules =
                Arrays.stream(arguments[1].split(System.getProperty("path.separator")))
                        .filter(entry -> !entry.endsWith("classes"))
                        .collect(Collectors.joining(System.getProperty("path.separator")));
        List<String> options = new ArrayList<>(List.of("-quiet", "-Xdoclint:none", "-protected", "-notimestamp"));
        options.addAll(List.of("--no-fonts", "-encoding", "UTF-8", "-d", pages.toString()));
        options.addAll(List.of("--module-path", modules));
        try (Stream<Path> files = Files.walk(sources)) {
            files.map(Path::toString).filter(file -> file.endsWith(".java")).sorted().forEach(options::add);
        }
        run("javadoc", options);
        run("jar", List.of("--create", "--file=" + jar, "--date=" + arguments[3], "-C", pages.toString(), "."));
    }

    private static void run(String tool, List<String> options) {
        int code =
                ToolProvider.findFirst(tool)
                        .orElseThrow()
                        .run(
                                new PrintWriter(System.out, true),
                                new PrintWriter(System.err, true),
                                options.toArray(String[]::new));
        if (code != 0) {
            System.exit(code);
        }
    }
}
