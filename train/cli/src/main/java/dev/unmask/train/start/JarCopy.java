package dev.unmask.train.start;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** Writes jars. */
final class JarCopy {
    private static final String CLASS = ".class";

    private JarCopy() {}

    /** Copies a jar, with what becomes of each file of a name and a content. */
    static void of(Path jar, Path copy, BiFunction<String, byte[], byte[]> change) throws IOException {
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(jar));
                ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(copy))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                out.putNextEntry(new ZipEntry(entry.getName()));
                out.write(change.apply(entry.getName(), in.readAllBytes()));
                out.closeEntry();
            }
        }
    }

    /** Makes a jar of all classes below a folder, without the descriptor of their module. */
    static void ofClasses(Path folder, Path jar) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(JarCopy::isClass).sorted().toList()) {
                out.putNextEntry(new ZipEntry(folder.relativize(file).toString()));
                Files.copy(file, out);
                out.closeEntry();
            }
        }
    }

    private static boolean isClass(Path file) {
        return file.toString().endsWith(CLASS) && !isModule(file.getFileName().toString());
    }

    /** Whether a file of a jar is a class. */
    static boolean isClass(String name) {
        return name.endsWith(CLASS) && !isModule(name.substring(name.lastIndexOf('/') + 1));
    }

    /** Whether a file of a jar describes its module. */
    static boolean isModule(String name) {
        return name.equals("module-info.class");
    }
}
