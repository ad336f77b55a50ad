package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ConstantPool;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Numbers and letters look the same whatever the locale: no class calls what asks for it. */
class LocaleTest {
    /** Parts of the build that must be there; the tornado backend is looked at where it is built. */
    private static final Set<String> MODULES = Set.of("tensor", "vector-backend", "model", "sample", "train", "tests");

    /** Methods as class, name and descriptor, which use the locale or the character set of the machine. */
    private static final Pattern DEPENDENT =
            Pattern.compile(
                    String.join(
                            "|",
                            "java/lang/String\\.formatted.*",
                            "java/lang/String\\.format\\(Ljava/lang/String;.*",
                            "java/lang/String\\.to(Lower|Upper)Case\\(\\).*",
                            "java/(lang|io)/\\w+\\.(printf|format)\\(Ljava/lang/String;\\[.*",
                            "java/util/(Formatter|Scanner)\\.<init>.*",
                            "java/text/(Number|Decimal|SimpleDate|Message)Format\\..*",
                            "java/time/format/DateTimeFormatter\\.ofPattern\\(Ljava/lang/String;\\).*",
                            "java/util/Locale\\.getDefault.*",
                            "java/nio/charset/Charset\\.defaultCharset.*",
                            "java/lang/String\\.getBytes\\(\\).*",
                            "java/io/File(Reader|Writer)\\.<init>.*",
                            "java/io/(InputStreamReader|OutputStreamWriter)\\.<init>\\(Ljava/io/\\w+;\\).*",
                            "java/io/Print(Stream|Writer)\\.<init>\\(Ljava/io/OutputStream;Z?\\).*"));

    @Test
    void noClassAsksForTheLocaleOrTheCharacterSetOfTheMachine() {
        List<String> found = new ArrayList<>();
        Path root = Path.of("").toAbsolutePath().getParent();
        for (Path module : entries(root)) {
            List<Path> classes = classes(module.resolve("target/classes"));
            assertTrue(
                    !classes.isEmpty() || !MODULES.contains(module.getFileName().toString()), module + " is not built");
            classes.forEach(file -> found.addAll(dependencies(file)));
        }
        assertEquals(List.of(), found, "pass Locale.ROOT, StandardCharsets.UTF_8");
    }

    private static List<Path> entries(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> classes(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> tree = Files.walk(folder)) {
            // What JMH generates is not ours.
            return tree.filter(file -> file.toString().endsWith(".class") && !file.toString().contains("jmh_generated"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Calls and references to methods alike: both are entries of the constant pool. */
    private static List<String> dependencies(Path file) {
        try {
            ClassModel model = ClassFile.of().parse(file);
            return entries(model.constantPool())
                    .filter(MemberRefEntry.class::isInstance)
                    .map(entry -> (MemberRefEntry) entry)
                    .map(entry ->
                            entry.owner().asInternalName()
                                    + "."
                                    + entry.name().stringValue()
                                    + entry.type().stringValue())
                    .filter(DEPENDENT.asMatchPredicate())
                    .map(called -> model.thisClass().asInternalName() + " calls " + called)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<PoolEntry> entries(ConstantPool pool) {
        return StreamSupport.stream(pool.spliterator(), false);
    }
}
