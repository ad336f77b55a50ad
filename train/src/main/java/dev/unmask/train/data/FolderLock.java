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
 * A folder that one thread of one process writes into: whoever else wants to is refused until it is done. Or one that
 * any number of them read, of whom nobody wants it written into meanwhile. The lock is the operating system's, on the
 * file {@code .lock} in the folder, so that it ends with the process however that ends; the file stays, and says who
 * writes.
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
        /** Who writes; empty where all read. */
        private final Optional<Thread> writer;

        private final FileChannel channel;
        private int times = 1;

        Held(Optional<Thread> writer, FileChannel channel) {
            this.writer = writer;
            this.channel = channel;
        }

        boolean isMine() {
            return writer.isPresent() && writer.get() == Thread.currentThread();
        }
    }

    /** Of a folder that this process may not lock: nobody but its owner can write there either. */
    private static final FolderLock NONE = new FolderLock(Path.of(""), false);

    private final Path key;
    private boolean open;

    private FolderLock(Path key, boolean open) {
        this.key = key;
        this.open = open;
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
            if (held != null && !held.isMine()) {
                throw refused(folder, self());
            }
            if (held != null) {
                held.times++;
            } else {
                FileChannel channel = lock(folder, key.resolve(NAME));
                HELD.put(key, new Held(Optional.of(Thread.currentThread()), channel));
            }
        }
        return new FolderLock(key, true);
    }

    /**
     * Keeps a folder as it is while it is read: nobody can {@link #take} it meanwhile, others may read it too. Where
     * the system lets this process lock nothing, as on a disk that is only read, nothing is kept, and nothing refused.
     *
     * @param folder which is there
     * @return the lock, to be closed by whatever thread
     * @throws InputException if somebody writes into it; the message names the folder and the process
     * @throws IOException if there is no such folder
     */
    public static FolderLock read(Path folder) throws IOException {
        Path key = folder.toRealPath();
        synchronized (HELD) {
            Held held = HELD.get(key);
            if (held != null && held.writer.isPresent() && !held.isMine()) {
                throw refused(folder, self());
            }
            if (held != null) {
                held.times++;
                return new FolderLock(key, true);
            }
            Optional<FileChannel> channel = share(folder, key.resolve(NAME));
            if (channel.isEmpty()) {
                return NONE;
            }
            HELD.put(key, new Held(Optional.empty(), channel.get()));
        }
        return new FolderLock(key, true);
    }

    private static Optional<FileChannel> share(Path folder, Path file) throws IOException {
        Optional<FileChannel> channel = openToRead(file);
        if (channel.isEmpty()) {
            return channel;
        }
        Optional<FileLock> lock;
        try {
            lock = tryLock(file, channel.get(), true);
        } catch (IOException noLocksHere) {
            channel.get().close();
            return Optional.empty();
        }
        if (lock.isEmpty()) {
            channel.get().close();
            throw refused(folder, describe(file));
        }
        return channel;
    }

    private static Optional<FileChannel> openToRead(Path file) {
        try {
            return Optional.of(
                    FileChannel.open(
                            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
        } catch (IOException notToBeWritten) {
            try {
                return Optional.of(FileChannel.open(file, StandardOpenOption.READ));
            } catch (IOException notThereEither) {
                return Optional.empty();
            }
        }
    }

    /**
     * Whether a file in a folder is that of its lock, for whoever clears a folder that it has.
     *
     * @param file any path
     * @return whether its name is that of locks
     */
    public static boolean isLock(Path file) {
        return file.endsWith(NAME);
    }

    private static FileChannel lock(Path folder, Path file) throws IOException {
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            if (tryLock(file, channel, false).isEmpty()) {
                boolean read = tryLock(file, channel, true).isPresent();
                throw refused(folder, read ? "another process, which reads what is there" : describe(file));
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

    private static Optional<FileLock> tryLock(Path file, FileChannel channel, boolean shared) throws IOException {
        try {
            return Optional.ofNullable(channel.tryLock(FAR, 1, shared));
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

    /** Gives the folder back, with the last lock of its thread, or of all that read it. */
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
                if (held.writer.isPresent()) {
                    held.channel.truncate(0);
                }
                held.channel.close();
            }
        }
    }
}
