package dev.unmask.train.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder for what is needed on the way; it is deleted with all that is in it.
 *
 * @param path where it is
 */
record TemporaryFolder(Path path) implements AutoCloseable {
    /** A folder on the disk where a result will lie, so that the result has room where it has. */
    static TemporaryFolder beside(Path target) throws IOException {
        Path parent = target.toAbsolutePath().normalize().getParent();
        Files.createDirectories(parent);
        return new TemporaryFolder(Files.createTempDirectory(parent, ".unmask-"));
    }

    @Override
    public void close() throws IOException {
        List<Path> content;
        try (Stream<Path> all = Files.walk(path)) {
            content = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : content) {
            Files.deleteIfExists(file);
        }
    }
}
