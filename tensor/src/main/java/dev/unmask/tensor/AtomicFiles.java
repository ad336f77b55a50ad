package dev.unmask.tensor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Files that are there as a whole or not at all, even if the process or the machine dies meanwhile: written beside,
 * forced to the disk, renamed, the rename forced to the disk.
 */
public final class AtomicFiles {
    private AtomicFiles() {}

    /** What writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes all of the content.
         *
         * @param channel an empty file, open for writing; it is closed by the caller
         * @throws IOException if that fails
         */
        void writeTo(FileChannel channel) throws IOException;
    }

    /**
     * Writes a file, replacing one that is there. A symbolic link is replaced, not followed.
     *
     * @param file where to; its directory must exist
     * @param content what writes the content; if it throws, what was there before is left and nothing beside it
     * @throws IOException if the file cannot be written
     */
    public static void write(Path file, Content content) throws IOException {
        Path target = file.toAbsolutePath();
        Path directory = target.getParent();
        if (directory == null || Files.isDirectory(target)) {
            throw new FileSystemException(file.toString(), null, "is a directory, expected a file to write");
        }
        if (!Files.isDirectory(directory)) {
            throw new NoSuchFileException(file.toString(), null, "its directory does not exist; create it first");
        }
        // Hidden and with a suffix of its own, so that whoever lists the directory does not take it for a result.
        Path beside = directory.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            try (FileChannel channel =
                    FileChannel.open(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (Throwable failure) {
            try {
                Files.deleteIfExists(beside);
            } catch (IOException left) {
                failure.addSuppressed(left);
            }
            throw failure;
        }
        forceDirectory(directory);
    }

    /**
     * Writes a small file, replacing one that is there.
     *
     * @param file where to; its directory must exist
     * @param content the bytes
     * @throws IOException if the file cannot be written; what was there before is left
     */
    public static void write(Path file, byte[] content) throws IOException {
        write(
                file,
                channel -> {
                    ByteBuffer buffer = ByteBuffer.wrap(content);
                    while (buffer.hasRemaining()) {
                        channel.write(buffer);
                    }
                });
    }

    /**
     * Writes a small text file in UTF-8, replacing one that is there.
     *
     * @param file where to; its directory must exist
     * @param content the text
     * @throws IOException if the file cannot be written; what was there before is left
     */
    public static void write(Path file, String content) throws IOException {
        write(file, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Without this a rename may be lost with the power. Only POSIX systems open a directory as a file. */
    private static void forceDirectory(Path directory) throws IOException {
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
