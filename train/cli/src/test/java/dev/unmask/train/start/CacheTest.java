package dev.unmask.train.start;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A cache that does not fit changes nothing of what a program prints. */
class CacheTest {
    @TempDir private Path folder;

    /** Prints a word. */
    static final class Program {
        private Program() {}

        public static void main(String[] arguments) {
            System.out.println("said");
        }
    }

    private Path jar() throws IOException {
        Path jar = folder.resolve("program.jar");
        String name = Program.class.getName().replace('.', '/') + ".class";
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar));
                InputStream content = Program.class.getClassLoader().getResourceAsStream(name)) {
            out.putNextEntry(new ZipEntry(name));
            content.transferTo(out);
        }
        return jar;
    }

    /** What a JVM prints with these options, on both streams. */
    private String said(List<String> options, Path jar) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("--class-path", jar.toString(), Program.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), said);
        return said.strip();
    }

    private Path cache(Path jar) throws IOException, InterruptedException {
        Path cache = folder.resolve("classes.aot");
        said(List.of("-XX:AOTCacheOutput=" + cache), jar);
        assertEquals("said", said(QuickStart.using(cache), jar));
        return cache;
    }

    @Test
    void aCacheOfOtherJarsIsPassedOverInSilence() throws IOException, InterruptedException {
        Path jar = jar();
        Path cache = cache(jar);
        Files.setLastModifiedTime(jar, FileTime.fromMillis(0));
        assertEquals("said", said(QuickStart.using(cache), jar));
    }

    @Test
    void aCacheThatIsCutOffIsPassedOverInSilence() throws IOException, InterruptedException {
        Path jar = jar();
        Path cache = cache(jar);
        try (SeekableByteChannel file = Files.newByteChannel(cache, StandardOpenOption.WRITE)) {
            file.truncate(Files.size(cache) / 2);
        }
        assertEquals("said", said(QuickStart.using(cache), jar));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "this is no cache"})
    void whatIsNoCacheIsPassedOverInSilence(String content) throws IOException, InterruptedException {
        Path broken = Files.writeString(folder.resolve("broken.aot"), content);
        assertEquals("said", said(QuickStart.using(broken), jar()));
    }

    @Test
    void aCacheThatIsNotThereIsPassedOverInSilence() throws IOException, InterruptedException {
        assertEquals("said", said(QuickStart.using(folder.resolve("none.aot")), jar()));
    }
}
