package dev.unmask.train.data;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where a JVM of its own finds what this one has, whether as modules or not. */
final class ClassPath {
    private ClassPath() {}

    /** With the classes of tests, which may be patched into a module. */
    static String with(Class<?> test) throws URISyntaxException {
        String name = test.getName();
        Path root = Path.of(test.getResource(name.substring(name.lastIndexOf('.') + 1) + ".class").toURI());
        for (char c : (name + ".").toCharArray()) {
            root = c == '.' ? root.getParent() : root;
        }
        return Stream.of(root.toString(), System.getProperty("jdk.module.path"), System.getProperty("java.class.path"))
                .filter(Objects::nonNull)
                .collect(Collectors.joining(File.pathSeparator));
    }
}
