package dev.unmask.train.cli;

import dev.unmask.train.data.FolderLock;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder for what is needed on the way to a result; it is deleted with all that is in it. What a process left in it
 * that was killed is deleted by the next that makes the same result.
 */
final class TemporaryFolder implements AutoCloseable {
    private final Path path;
    private final FolderLock lock;

    private TemporaryFolder(Path path, FolderLock lock) {
        this.path = path;
        this.lock = lock;
    }

    /** A hidden folder on the disk where a result will lie, so that the result has room where it has. */
    static TemporaryFolder beside(Path target) throws IOException {
        Path result = target.toAbsolutePath().normalize();
        Path path = result.resolveSibling(".unmask-" + result.getFileName());
        FolderLock lock = FolderLock.take(path);
        try {
            clear(path);
            return new TemporaryFolder(path, lock);
        } catch (IOException | RuntimeException failure) {
            lock.close();
            throw failure;
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        // While it is locked, as the next may come as soon as it is not.
        clear(path);
        lock.close();
        delete(below(path));
        Files.deleteIfExists(path);
    }

    /** Deletes all but the lock. */
    private static void clear(Path folder) throws IOException {
        delete(below(folder).stream().filter(file -> !FolderLock.isLock(file)).toList());
    }

    private static void delete(List<Path> files) throws IOException {
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }

    /** What is in a folder, folders after what is in them. */
    private static List<Path> below(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(file -> !file.equals(folder)).sorted(Comparator.reverseOrder()).toList();
        }
    }
}
