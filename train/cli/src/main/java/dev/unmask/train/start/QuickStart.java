package dev.unmask.train.start;

import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ResolvedModule;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Makes a quick start: a file of options for the JVM by which it takes classes, loaded and linked, from a cache.
 *
 * <p>A cache holds linked classes only if it can hold the graph of modules too, and that it can not where one of them is
 * an incubator's, as the Vector API's is. So in a quick start this module is none: its classes, as the JDK has them, lie
 * on the boot class path, by which the JVM trusts them as much, with what the JVM turns on for the module turned on by
 * name. Else everything is as in any other start.
 *
 * <p>The cache fits one build of the JVM and the very jars that it was made of. With others the JVM starts without it;
 * but as the classes of the Vector API must be the JVM's own, nobody may use the options with another JVM at all.
 */
public final class QuickStart {
    /** The file of options. */
    private static final String OPTIONS = "options";

    private static final String VECTOR_API = "jdk.incubator.vector";
    private static final String BACKEND = "dev.unmask.vector";
    private static final String PARSER = "info.picocli";
    private static final String MODULE = "dev.unmask.cli";
    private static final String COMMANDS = "dev.unmask.train.cli.";

    private final Path folder;

    private QuickStart(Path folder) {
        this.folder = folder;
    }

    /**
     * Makes a quick start, from the modules that this program runs from. What it writes last is the file {@code
     * options}.
     *
     * @param arguments the folder to fill
     * @throws IOException if a file cannot be read or written
     * @throws InterruptedException if it is interrupted
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Files.createDirectories(Path.of(arguments[0]).toAbsolutePath());
        Files.deleteIfExists(folder.resolve(OPTIONS));
        new QuickStart(folder).make();
    }

    private void make() throws IOException, InterruptedException {
        Path api = folder.resolve("vector-api.jar");
        JarCopy.ofClasses(FileSystems.getFileSystem(URI.create("jrt:/")).getPath("modules", VECTOR_API), api);
        Path backend = folder.resolve("vector-backend.jar");
        LooseRequirement.copy(jar(BACKEND), backend, VECTOR_API);
        Path parser = folder.resolve("picocli.jar");
        NewerClasses.copy(jar(PARSER), parser);

        List<String> options = new ArrayList<>();
        options.add("-Xbootclasspath/a:" + api);
        exportsTo(VECTOR_API).forEach(name -> options.add("--add-exports=java.base/" + name + "=ALL-UNNAMED"));
        options.add("--add-reads=" + BACKEND + "=ALL-UNNAMED");
        options.add("-XX:+UnlockExperimentalVMOptions");
        options.add("-XX:+EnableVectorSupport");
        options.add("-XX:+EnableVectorReboxing");
        options.add("-XX:+EnableVectorAggressiveReboxing");
        // As --illegal-native-access=allow, with which no cache can be used, in as many words.
        options.add("--enable-native-access=" + String.join(",", appModules()));
        options.add("--module-path=" + String.join(
                File.pathSeparator,
                backend.toString(),
                parser.toString(),
                System.getProperty("jdk.module.path")));

        Path cache = folder.resolve("classes.aot");
        Files.deleteIfExists(cache);
        Path model = Files.createTempDirectory(folder, "rehearsal");
        try {
            List<String> recording = new ArrayList<>(options);
            recording.add("-XX:AOTCacheOutput=" + cache);
            // By what was worth to be compiled here the JVM would compile too much, and that for models as small.
            recording.add("-XX:+UnlockDiagnosticVMOptions");
            recording.add("-XX:-AOTRecordTraining");
            run(recording, "Rehearsal", model.toString());
        } finally {
            delete(model);
        }
        if (!Files.exists(cache)) {
            throw new IOException(cache + ": the JVM has made no cache");
        }
        options.addAll(using(cache));
        run(options, "Main", "--version");
        Path written = folder.resolve(OPTIONS + ".new");
        Files.write(written, options.stream().map(QuickStart::quoted).toList());
        Files.move(written, folder.resolve(OPTIONS));
    }

    /** Options to use a cache; one that does not fit is left alone, which is nothing to tell. */
    static List<String> using(Path cache) {
        return List.of("-XX:AOTCache=" + cache, "-Xlog:aot=off", "-Xlog:cds=off");
    }

    private static Path jar(String module) {
        ResolvedModule found = ModuleLayer.boot().configuration().findModule(module).orElseThrow();
        return Path.of(found.reference().location().orElseThrow());
    }

    /** The packages of the JDK that only some modules may use, among them this one. */
    private static List<String> exportsTo(String module) {
        return Object.class.getModule().getDescriptor().exports().stream()
                .filter(exported -> exported.targets().contains(module))
                .map(ModuleDescriptor.Exports::source)
                .sorted()
                .toList();
    }

    private static List<String> appModules() {
        return Stream.concat(
                        Stream.of("ALL-UNNAMED"),
                        ModuleLayer.boot().modules().stream()
                                .filter(module -> module.getClassLoader() == ClassLoader.getSystemClassLoader())
                                .map(Module::getName)
                                .sorted())
                .toList();
    }

    private static void run(List<String> options, String program, String argument)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("--module", MODULE + "/" + COMMANDS + program, argument));
        int code = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (code != 0) {
            throw new IOException(String.join(" ", command) + ": ended with " + code);
        }
    }

    /** An option as a word of a file of options. */
    private static String quoted(String option) {
        return '"' + option.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
