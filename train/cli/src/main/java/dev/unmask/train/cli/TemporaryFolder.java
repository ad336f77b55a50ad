package dev.unmask.train.cli;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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

    /** Refuses a target that is there already and holds something. */
    static void requireEmpty(Path target) throws IOException {
        if (!Files.exists(target)) {
            return;
        }
        if (!Files.isDirectory(target)) {
            throw new InputException(target + ": found a file, expected a new folder");
        }
        try (Stream<Path> content = Files.list(target)) {
            Optional<Path> first = content.findFirst();
            if (first.isPresent()) {
                throw new InputException(
                        target + ": found " + first.get().getFileName() + " in it, expected a new or empty folder");
            }
        }
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
