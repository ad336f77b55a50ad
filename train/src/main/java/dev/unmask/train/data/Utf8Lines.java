package dev.unmask.train.data;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.FileKind;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.ZipException;

/**
 * Text in strict UTF-8, plain or compressed by gzip, cut into lines as bytes first, so that a fault can be told with
 * its line. A line ends with a line feed, a carriage return or both.
 */
final class Utf8Lines implements Iterator<Utf8Lines.Line>, AutoCloseable {
    /** More than this in one document is surely a mistake, and does not fit in a string. */
    private static final int LARGEST_DOCUMENT = 1 << 30;

    private static final int BUFFER = 1 << 16;

    /** A page may be what is wanted here, unlike anywhere else. */
    private static final Set<FileKind> TEXT = EnumSet.of(FileKind.WEB_PAGE);

    private final Path file;
    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER];
    private byte[] line = new byte[BUFFER];
    private int at;
    private int end;
    private long number;

    /**
     * A line without its end.
     *
     * @param number the first is 1
     */
    record Line(long number, String text) {}

    private Utf8Lines(Path file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    static Stream<Line> read(Path file) throws IOException {
        return lines(file, open(file));
    }

    /** The lines of a file, whose bytes are counted as they lie on the disk. */
    static Utf8Lines open(Path file, LongConsumer read) throws IOException {
        return new Utf8Lines(file, open(file, counted(file, read)));
    }

    private static InputStream counted(Path file, LongConsumer read) throws IOException {
        return new BufferedInputStream(new CountedStream(Files.newInputStream(file), read), BUFFER);
    }

    /** The lines of a stream that messages call by the name of a file. */
    static Stream<Line> read(Path name, InputStream in) throws IOException {
        return lines(name, open(name, new BufferedInputStream(in, BUFFER)));
    }

    private static Stream<Line> lines(Path file, InputStream in) {
        Iterator<Line> lines = new Utf8Lines(file, in);
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(lines, Spliterator.ORDERED), false)
                .onClose(() -> close(in));
    }

    static String whole(Path file, LongConsumer read) throws IOException {
        try (InputStream in = open(file, counted(file, read))) {
            byte[] content = in.readNBytes(LARGEST_DOCUMENT + 1);
            if (content.length > LARGEST_DOCUMENT) {
                throw new BadRecordException(
                        file
                                + ": found more than "
                                + LARGEST_DOCUMENT
                                + " bytes in one document; read it with a document a line, or cut it into files");
            }
            return new Utf8Text(file, 1, content, content.length).decode();
        } catch (IOException e) {
            throw named(file, e);
        }
    }

    private static InputStream open(Path file) throws IOException {
        return open(file, new BufferedInputStream(Files.newInputStream(file), BUFFER));
    }

    private static InputStream open(Path file, InputStream plain) throws IOException {
        try {
            Optional<FileKind> kind = kind(plain);
            Optional<InputStream> raw =
                    kind.isPresent() ? Unpacked.of(kind.get(), plain) : Optional.<InputStream>empty();
            if (raw.isPresent()) {
                InputStream unpacked = new BufferedInputStream(raw.get(), BUFFER);
                refuse(file, kind(unpacked), "unpacked, ");
                return unpacked;
            }
            refuse(file, kind, "");
            return plain;
        } catch (IOException e) {
            plain.close();
            throw named(file, e);
        } catch (RuntimeException e) {
            plain.close();
            throw e;
        }
    }

    private static Optional<FileKind> kind(InputStream in) throws IOException {
        in.mark(FileKind.FIRST_BYTES);
        byte[] first = in.readNBytes(FileKind.FIRST_BYTES);
        in.reset();
        return FileKind.of(first).filter(kind -> !TEXT.contains(kind));
    }

    private static void refuse(Path file, Optional<FileKind> kind, String how) {
        if (kind.isPresent()) {
            throw new InputException(file + ": " + how + kind.get().sentence() + "; expected text in UTF-8");
        }
    }

    /** The same with the name of the file, which streams leave out. */
    private static IOException named(Path file, IOException e) {
        if (e instanceof EOFException || e instanceof ZipException || Unpacked.isDamage(e)) {
            throw new InputException(
                    file
                            + ": what was compressed is cut short or damaged ("
                            + e.getMessage()
                            + "); copy or download the file again",
                    e);
        }
        String message = String.valueOf(e.getMessage());
        return message.contains(file.toString()) ? e : new IOException(file + ": " + message, e);
    }

    @Override
    public void close() {
        close(in);
    }

    private static void close(InputStream in) {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean hasNext() {
        try {
            return hasMore();
        } catch (IOException e) {
            throw new UncheckedIOException(named(file, e));
        }
    }

    @Override
    public Line next() {
        try {
            if (!hasMore()) {
                throw new NoSuchElementException();
            }
            number++;
            int size = 0;
            while (hasMore()) {
                int from = at;
                while (at < end && buffer[at] != '\n' && buffer[at] != '\r') {
                    at++;
                }
                size = append(size, from);
                if (at < end) {
                    passLineEnd();
                    break;
                }
            }
            return new Line(number, new Utf8Text(file, number, line, size).decode());
        } catch (IOException e) {
            throw new UncheckedIOException(named(file, e));
        }
    }

    private void passLineEnd() throws IOException {
        boolean mayBeTwo = buffer[at++] == '\r';
        if (mayBeTwo && hasMore() && buffer[at] == '\n') {
            at++;
        }
    }

    /** Adds what was looked through since {@code from} to the line. */
    private int append(int size, int from) {
        int more = at - from;
        if (size > LARGEST_DOCUMENT - more) {
            throw new InputException(
                    file
                            + ", line "
                            + number
                            + ": found more than "
                            + LARGEST_DOCUMENT
                            + " bytes without a line end; cut the text into lines or into files");
        }
        if (size + more > line.length) {
            line = Arrays.copyOf(line, Math.max(size + more, (int) Math.min(2L * line.length, LARGEST_DOCUMENT)));
        }
        System.arraycopy(buffer, from, line, size, more);
        return size + more;
    }

    private boolean hasMore() throws IOException {
        if (at < end) {
            return true;
        }
        at = 0;
        end = Math.max(0, in.read(buffer));
        return end > 0;
    }
}
