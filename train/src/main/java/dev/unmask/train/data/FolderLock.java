package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A folder that one thread of one process writes into: whoever else wants to is refused until it is done. The lock is
 * the operating system's, on the file {@code .lock} in the folder, so that it ends with the process however that ends;
 * the file stays, and says who has it.
 *
 * <p>A thread may take a folder again that it has; it has it until the last of its locks is closed.
 */
public final class FolderLock implements AutoCloseable {
    private static final String NAME = ".lock";

    /** Locked in the place of the content, which others are to read. */
    private static final long FAR = Long.MAX_VALUE - 1;

    private static final int LONGEST = 4096;

    /** What this process has: a second lock on the same file would, when closed, end the first on POSIX systems. */
    private static final Map<Path, Held> HELD = new HashMap<>();

    private static final class Held {
        private final Thread owner;
        private final FileChannel channel;
        private int times = 1;

        Held(Thread owner, FileChannel channel) {
            this.owner = owner;
            this.channel = channel;
        }
    }

    private final Path key;
    private boolean open = true;

    private FolderLock(Path key) {
        this.key = key;
    }

    /**
     * Takes a folder.
     *
     * @param folder made if missing
     * @return the lock, to be closed by the same thread
     * @throws InputException if it is a file, or another run has it; the message names the folder and its process
     * @throws IOException if the folder cannot be made or written into
     */
    public static FolderLock take(Path folder) throws IOException {
        if (Files.isRegularFile(folder)) {
            throw new InputException(folder + ": found a file, expected a folder, or nothing, where one is made");
        }
        Files.createDirectories(folder);
        Path key = folder.toRealPath();
        synchronized (HELD) {
            Held held = HELD.get(key);
            if (held != null && held.owner != Thread.currentThread()) {
                throw refused(folder, self());
            }
            if (held != null) {
                held.times++;
            } else {
                HELD.put(key, new Held(Thread.currentThread(), lock(folder, key.resolve(NAME))));
            }
        }
        return new FolderLock(key);
    }

    private static FileChannel lock(Path folder, Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            Optional<FileLock> lock = tryLock(file, channel);
            if (lock.isEmpty()) {
                throw refused(folder, describe(file));
            }
            sign(channel);
            return channel;
        } catch (Throwable failure) {
            channel.close();
            throw failure;
        }
    }

    /** On a full disk the lock holds without a name in it. */
    private static void sign(FileChannel channel) {
        try {
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(self().getBytes(StandardCharsets.UTF_8)), 0);
        } catch (IOException e) {
            // Whoever is refused is told of another process.
            return;
        }
    }

    private static Optional<FileLock> tryLock(Path file, FileChannel channel) throws IOException {
        try {
            return Optional.ofNullable(channel.tryLock(FAR, 1, false));
        } catch (OverlappingFileLockException otherLoaderOfThisClass) {
            return Optional.empty();
        } catch (IOException e) {
            throw new IOException(file + ": cannot be locked: " + e.getMessage(), e);
        }
    }

    private static String self() {
        ProcessHandle self = ProcessHandle.current();
        String start =
                self.info()
                        .startInstant()
                        .map(at -> ", which began at " + at.truncatedTo(ChronoUnit.SECONDS))
                        .orElse("");
        return "process " + self.pid() + start;
    }

    /** What the holder has written about itself; nothing if it was about to. */
    private static String describe(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer content = ByteBuffer.allocate(LONGEST);
            channel.read(content, 0);
            String text = new String(content.array(), 0, content.position(), StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "another process" : text;
        }
    }

    private static InputException refused(Path folder, String holder) {
        return new InputException(
                folder + ": found in use by " + holder + "; wait for it to end, stop it, or name another folder");
    }

    /** Gives the folder back, with the last lock of its thread. */
    @Override
    public void close() throws IOException {
        synchronized (HELD) {
            if (!open) {
                return;
            }
            open = false;
            Held held = HELD.get(key);
            if (--held.times == 0) {
                HELD.remove(key);
                held.channel.truncate(0);
                held.channel.close();
            }
        }
    }
}
