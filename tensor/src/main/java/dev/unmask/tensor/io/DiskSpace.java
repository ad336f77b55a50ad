package dev.unmask.tensor.io;

import dev.unmask.tensor.ByteSize;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The room on the disk that a path is on.
 *
 * @param disk what the operating system calls it: where it is mounted, and the device
 * @param left bytes that this process may still write
 * @param total bytes of the disk
 */
public record DiskSpace(String disk, long left, long total) {
    /**
     * Asks the operating system.
     *
     * @param path a file or a directory that is there, or whose nearest parent is
     * @return the room of its disk now
     * @throws IOException if that cannot be found out
     */
    public static DiskSpace of(Path path) throws IOException {
        Path existing = path.toAbsolutePath();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        FileStore store = Files.getFileStore(existing);
        return new DiskSpace(store.toString(), store.getUsableSpace(), store.getTotalSpace());
    }

    /**
     * The error of a write for people to read: the operating system's names neither the file nor the disk.
     *
     * @param file what was written
     * @param failure what the operating system says
     * @return the same with the file before it and the room of its disk behind
     */
    public static IOException unwritable(Path file, IOException failure) {
        String found = file + ": cannot be written: " + failure.getMessage();
        try {
            return new IOException(found + "; " + of(file), failure);
        } catch (IOException unknown) {
            return new IOException(found, failure);
        }
    }

    @Override
    public String toString() {
        return "the disk " + disk + " has " + ByteSize.of(left) + " left of " + ByteSize.of(total);
    }
}
