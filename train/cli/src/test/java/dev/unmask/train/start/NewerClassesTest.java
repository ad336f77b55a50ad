package dev.unmask.train.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import picocli.CommandLine;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Classes of Java 5 become ones that the JVM can keep in a cache. */
class NewerClassesTest {
    @TempDir private Path folder;

    private static Path jar(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    @Test
    void oldClassesGetAVersionThatACacheTakesAndNothingElseChanges() throws Exception {
        Path old = jar(CommandLine.class);
        Path copy = folder.resolve("copy.jar");
        NewerClasses.copy(old, copy);
        try (ZipFile before = new ZipFile(old.toFile());
                ZipFile after = new ZipFile(copy.toFile())) {
            assertEquals(names(before), names(after));
            for (String name : names(before)) {
                if (JarCopy.isClass(name)) {
                    ClassFile reader = ClassFile.of();
                    ClassModel was = reader.parse(content(before, name));
                    ClassModel is = reader.parse(content(after, name));
                    assertTrue(is.majorVersion() >= ClassFile.JAVA_6_VERSION, name);
                    assertEquals(was.methods().size(), is.methods().size(), name);
                    assertEquals(was.fields().size(), is.fields().size(), name);
                }
            }
        }
    }

    private static List<String> names(ZipFile jar) {
        return jar.stream().map(ZipEntry::getName).toList();
    }

    private static byte[] content(ZipFile jar, String name) throws IOException {
        try (InputStream in = jar.getInputStream(jar.getEntry(name))) {
            return in.readAllBytes();
        }
    }
}
