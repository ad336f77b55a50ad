package dev.unmask.train.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import java.util.Set;

/**
 * The script {@code unmask} prepares quick starts once after a build, and uses one only with the JDK, at the place and
 * with the jars that it was made for. The JDK is a script here, which prints how it was called.
 */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final String JAVA =
            """
            #!/bin/sh
            for word in "$@"; do last=$word; done
            case $* in
                *QuickStart*) [ -z "${REFUSES:-}" ] || exit 1; : >"$last/options" ;;
                *) echo "$@" ;;
            esac
            """;

    private static final String PREPARES = "unmask: preparing quick starts of short commands, once after a build\n";

    @TempDir private Path folder;
    private Path root;
    private Path jdk;

    private record Start(String command, String told) {}

    @BeforeEach
    void build() throws IOException {
        root = Files.createDirectories(folder.toRealPath().resolve("root"));
        jdk = Files.createDirectories(folder.resolve("jdk"));
        Files.createDirectories(jdk.resolve("bin"));
        script(jdk.resolve("bin/java"), JAVA);
        script(jdk.resolve("bin/javac"), JAVA);
        release("25.0.1");
        script(root.resolve("unmask"), Files.readString(Path.of("../../unmask")));
        Files.writeString(root.resolve("pom.xml"), "");
        Files.createDirectories(root.resolve("train/cli/target/lib"));
        Files.writeString(jar(), "");
        Files.writeString(library(), "");
        age(root.resolve("pom.xml"), 300);
        age(jar(), 200);
        age(library(), 200);
        age(library().getParent(), 200);
    }

    private Path jar() {
        return root.resolve("train/cli/target/unmask-cli-1.jar");
    }

    private Path library() {
        return root.resolve("train/cli/target/lib/library.jar");
    }

    private Path options() {
        return root.resolve("train/cli/target/start/options");
    }

    private void release(String version) throws IOException {
        Files.writeString(jdk.resolve("release"), "IMPLEMENTOR=\"None\"\nJAVA_VERSION=\"" + version + "\"\n");
    }

    private static void script(Path file, String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void age(Path file, int seconds) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(seconds)));
    }

    private Start start(Map<String, String> variables) throws IOException, InterruptedException {
        return start("fill", variables);
    }

    private Start start(String subcommand, Map<String, String> variables) throws IOException, InterruptedException {
        return start(new ProcessBuilder(root.resolve("unmask").toString(), subcommand), variables);
    }

    private Start start(ProcessBuilder launcher, Map<String, String> variables) throws IOException, InterruptedException {
        Path told = folder.resolve("told");
        launcher.redirectError(told.toFile());
        launcher.environment().keySet().retainAll(Set.of("PATH"));
        launcher.environment().put("JAVA_HOME", jdk.toString());
        launcher.environment().put("HOME", folder.toString());
        launcher.environment().putAll(variables);
        Process process = launcher.start();
        String command = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), command);
        return new Start(command, Files.readString(told));
    }

    private Start start() throws IOException, InterruptedException {
        return start(Map.of());
    }

    private void assertQuick(Start start) {
        assertTrue(start.command.startsWith("@" + options() + " "), start.command);
        assertFalse(start.command.contains("--module-path"), start.command);
    }

    private static void assertPlain(Start start) {
        assertTrue(start.command.startsWith("--add-modules=jdk.incubator.vector "), start.command);
        assertTrue(start.command.contains("--module-path"), start.command);
    }

    @Test
    void theFirstStartAfterABuildPreparesForAllThatFollow() throws IOException, InterruptedException {
        Start first = start();
        assertQuick(first);
        assertEquals(PREPARES, first.told);
        Start second = start();
        assertEquals(first.command, second.command);
        assertEquals("", second.told);
    }

    @Test
    void whereStandardInputIsClosedTheJvmGetsAnEmptyOne() throws IOException, InterruptedException {
        script(jdk.resolve("bin/java"), "#!/bin/sh\ncat && echo read");
        Start closed = start(new ProcessBuilder("/bin/sh", "-c", "exec '" + root.resolve("unmask") + "' train <&-"), Map.of());
        assertEquals("read\n", closed.command, closed.told);
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "serve", "bench", "demo", "sample"})
    void longWorkStartsWithout(String subcommand) throws IOException, InterruptedException {
        Start unprepared = start(subcommand, Map.of());
        assertPlain(unprepared);
        assertEquals("", unprepared.told);
        start();
        assertPlain(start(subcommand, Map.of()));
    }

    @Test
    void newerJarsArePreparedForAnew() throws IOException, InterruptedException {
        start();
        age(library(), -100);
        assertEquals(PREPARES, start().told);
    }

    @Test
    void anotherJdkIsPreparedForAnew() throws IOException, InterruptedException {
        start();
        release("25.0.2");
        assertEquals(PREPARES, start().told);
        assertEquals("", start().told);
    }

    @Test
    void anotherPlaceIsPreparedForAnew() throws IOException, InterruptedException {
        start();
        root = Files.move(root, folder.toRealPath().resolve("elsewhere"));
        Start moved = start();
        assertEquals(PREPARES, moved.told);
        assertQuick(moved);
    }

    @Test
    void whereNoneCanBeMadeEveryStartIsAPlainOne() throws IOException, InterruptedException {
        Start first = start(Map.of("REFUSES", "yes"));
        assertPlain(first);
        assertTrue(first.told.contains("they could not be prepared"), first.told);
        Start second = start();
        assertPlain(second);
        assertEquals("", second.told);
    }

    @Test
    void whoWantsNoneGetsNone() throws IOException, InterruptedException {
        Start unwanted = start(Map.of("UNMASK_QUICK_START", "off"));
        assertPlain(unwanted);
        assertEquals("", unwanted.told);
        assertFalse(Files.exists(options()));
    }

    /** Else cmd.exe misses labels. */
    @Test
    void theBatchFileEndsItsLinesAsWindowsDoes() throws IOException {
        String text = Files.readString(Path.of("../../unmask.cmd"));
        assertEquals(text.lines().count(), text.split("\r\n").length);
        assertTrue(text.endsWith("\r\n"), text);
    }
}
