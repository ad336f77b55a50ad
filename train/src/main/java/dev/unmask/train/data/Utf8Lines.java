package dev.unmask.train.data;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Text in strict UTF-8, cut into lines as bytes first, so that a fault can be told with its line. */
final class Utf8Lines implements Iterator<Utf8Lines.Line> {
    private final Path file;
    private final InputStream in;
    private long number;
    private int next;

    /**
     * A line without its end.
     *
     * @param number the first is 1
     */
    record Line(long number, String text) {}

    private Utf8Lines(Path file, InputStream in) throws IOException {
        this.file = file;
        this.in = in;
        this.next = in.read();
    }

    static Stream<Line> read(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        Iterator<Line> lines = new Utf8Lines(file, in);
        return StreamSupport.stream(Spliterators.spliteratorUnknownSize(lines, Spliterator.ORDERED), false)
                .onClose(() -> close(in));
    }

    static String whole(Path file) throws IOException {
        return decode(file, 1, Files.readAllBytes(file));
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
        return next >= 0;
    }

    @Override
    public Line next() {
        if (next < 0) {
            throw new NoSuchElementException();
        }
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (; next >= 0 && next != '\n'; next = in.read()) {
                bytes.write(next);
            }
            next = next < 0 ? next : in.read();
            number++;
            String text = decode(file, number, bytes.toByteArray());
            return new Line(number, text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    private static String decode(Path file, long firstLine, byte[] bytes) throws IOException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        if (result.isError()) {
            long line = firstLine;
            for (int i = 0; i < in.position(); i++) {
                line += bytes[i] == '\n' ? 1 : 0;
            }
            throw new IOException(
                    String.format(
                            Locale.ROOT,
                            "%s, line %d: byte 0x%02X is not UTF-8; convert the file to UTF-8, for example with iconv",
                            file,
                            line,
                            bytes[in.position()]));
        }
        out.flip();
        boolean marked = firstLine == 1 && out.hasRemaining() && out.charAt(0) == '\uFEFF';
        return out.position(marked ? 1 : 0).toString();
    }
}
