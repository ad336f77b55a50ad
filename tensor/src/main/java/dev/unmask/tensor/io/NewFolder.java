package dev.unmask.tensor.io;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A folder of files that is written once. If writing fails nothing is left of it; if the process is killed, a file says
 * that what lies beside it is unfinished, and the next who writes the folder begins anew. A folder that holds anything
 * else is left alone.
 */
public final class NewFolder {
    /** Locked while the folder is written, so that nobody takes for killed who still writes. */
    private static final String MARK = ".unfinished";

    private NewFolder() {}

    /** What writes the files. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes all files.
         *
         * @throws IOException if that fails
         */
        void write() throws IOException;
    }

    /**
     * Refuses a folder that cannot be written: for before much has been computed.
     *
     * @param folder which is to be missing, empty, or what a killed process left of it
     * @throws InputException if it holds something else or is no folder
     * @throws IOException if it cannot be read
     */
    public static void requireFree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        if (!Files.isDirectory(folder)) {
            throw new InputException(folder + ": found a file, expected a new folder");
        }
        if (isUnfinished(folder)) {
            return;
        }
        try (Stream<Path> content = Files.list(folder)) {
            Optional<Path> first = content.findFirst();
            if (first.isPresent()) {
                throw new InputException(
                        folder
                                + ": found "
                                + first.get().getFileName()
                                + " in it, expected a new or empty folder; name another one");
            }
        }
    }

    /**
     * Whether a folder is being written, or whoever wrote it was killed.
     *
     * @param folder any path
     * @return false of one that is whole, and of what is no folder
     */
    public static boolean isUnfinished(Path folder) {
        return Files.exists(folder.resolve(MARK));
    }

    /**
     * Writes a folder.
     *
     * @param folder made if missing
     * @param content writes files into it, into no folders below
     * @throws InputException if it holds something else, is no folder, or is being written by somebody else
     * @throws IOException if it cannot be written; then nothing is left in it
     */
    public static void write(Path folder, Content content) throws IOException {
        requireFree(folder);
        boolean isNew = !Files.exists(folder);
        Files.createDirectories(folder);
        Path mark = folder.resolve(MARK);
        try (FileChannel channel = FileChannel.open(mark, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            requireAlone(folder, channel);
            try {
                clear(folder);
                content.write();
                AtomicFiles.force(folder);
                Files.delete(mark);
            } catch (Throwable failure) {
                undo(folder, isNew, failure);
                throw failure;
            }
        }
        AtomicFiles.force(folder);
    }

    private static void requireAlone(Path folder, FileChannel mark) throws IOException {
        boolean alone;
        try {
            alone = mark.tryLock() != null;
        } catch (OverlappingFileLockException inThisProcess) {
            alone = false;
        }
        if (!alone) {
            throw new InputException(
                    folder + ": found in use by whoever writes it just now; wait for the end, or name another folder");
        }
    }

    private static void undo(Path folder, boolean isNew, Throwable failure) {
        try {
            clear(folder);
            Files.deleteIfExists(folder.resolve(MARK));
            if (isNew) {
                Files.delete(folder);
            }
        } catch (IOException left) {
            failure.addSuppressed(left);
        }
    }

    private static void clear(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> content = Files.list(folder)) {
            files =
                    content.filter(file ->
                                    Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                                            && !file.getFileName().toString().equals(MARK))
                            .toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
