package dev.unmask.tensor.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Files that are there as a whole or not at all, even if the process or the machine dies meanwhile: written beside,
 * forced to the disk, renamed, the rename forced to the disk.
 */
public final class AtomicFiles {
    /** What marks a file that is being written: the name it will have, 36 characters of a UUID, and this. */
    private static final String SUFFIX = ".tmp";

    private static final Pattern UNFINISHED =
            Pattern.compile("\\..+\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}" + Pattern.quote(SUFFIX));

    private AtomicFiles() {}

    /** What writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes all of the content.
         *
         * @param output the empty file
         * @throws IOException if that fails
         */
        void writeTo(Output output) throws IOException;
    }

    /** A file that is being written. Its errors name the file, which those of the operating system do not. */
    public static final class Output {
        private final Path file;
        private final FileChannel channel;

        private Output(Path file, FileChannel channel) {
            this.file = file;
            this.channel = channel;
        }

        /**
         * Appends all of a buffer.
         *
         * @param buffer read from its position to its limit
         * @throws IOException if the file cannot be written
         */
        public void write(ByteBuffer buffer) throws IOException {
            try {
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            } catch (IOException e) {
                throw DiskSpace.unwritable(file, e);
            }
        }

        /**
         * Writes all of a buffer over what was written before.
         *
         * @param buffer read from its position to its limit
         * @param at where in the file it begins
         * @throws IOException if the file cannot be written
         */
        public void writeAt(ByteBuffer buffer, long at) throws IOException {
            try {
                for (long to = at; buffer.hasRemaining(); ) {
                    to += channel.write(buffer, to);
                }
            } catch (IOException e) {
                throw DiskSpace.unwritable(file, e);
            }
        }

        private void force() throws IOException {
            try {
                channel.force(true);
            } catch (IOException e) {
                throw DiskSpace.unwritable(file, e);
            }
        }
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
        Path beside = directory.resolve("." + target.getFileName() + "." + UUID.randomUUID() + SUFFIX);
        try {
            try (FileChannel channel =
                    FileChannel.open(beside, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                Output output = new Output(file, channel);
                content.writeTo(output);
                output.force();
            }
            Files.move(beside, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (Throwable failure) {
            try {
                Files.deleteIfExists(beside);
            } catch (IOException left) {
                failure.addSuppressed(left);
            }
            if (failure instanceof AccessDeniedException denied && beside.toString().equals(denied.getFile())) {
                // Nobody has named the file beside.
                throw new AccessDeniedException(file.toString());
            }
            throw failure;
        }
        force(directory);
    }

    /**
     * Writes a small file, replacing one that is there.
     *
     * @param file where to; its directory must exist
     * @param content the bytes
     * @return their digest
     * @throws IOException if the file cannot be written; what was there before is left
     */
    public static FileDigest write(Path file, byte[] content) throws IOException {
        write(file, output -> output.write(ByteBuffer.wrap(content)));
        return FileDigest.of(content);
    }

    /**
     * Writes a small text file in UTF-8, replacing one that is there.
     *
     * @param file where to; its directory must exist
     * @param content the text
     * @return the digest of its bytes
     * @throws IOException if the file cannot be written; what was there before is left
     */
    public static FileDigest write(Path file, String content) throws IOException {
        return write(file, content.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Deletes what writes that were killed have left in a directory: files of which each was to become another. Nobody
     * may write into the directory meanwhile.
     *
     * @param directory not looked into any deeper; it may be missing
     * @throws IOException if it cannot be read or a file not be deleted
     */
    public static void sweep(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        List<Path> left;
        try (Stream<Path> entries = Files.list(directory)) {
            left = entries.filter(AtomicFiles::isUnfinished).toList();
        }
        for (Path file : left) {
            Files.deleteIfExists(file);
        }
    }

    private static boolean isUnfinished(Path file) {
        return UNFINISHED.matcher(file.getFileName().toString()).matches()
                && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Forces to the disk what was renamed, made or deleted in a directory: without this it may be lost with the power.
     * Only POSIX systems open a directory as a file; on others nothing is done.
     *
     * @param directory the directory
     * @throws IOException if that fails
     */
    public static void force(Path directory) throws IOException {
        if (directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        }
    }
}
