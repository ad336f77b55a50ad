package dev.unmask.train.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The lines of a text as training texts are read: strict UTF-8, plain or compressed by gzip. */
public final class TextLines {
    private TextLines() {}

    /**
     * A line without its end.
     *
     * @param where the name of the text and the number of the line, for messages
     * @param number the first is 1
     * @param text what stands in it
     */
    public record Line(String where, long number, String text) {}

    /**
     * Reads all lines of a file.
     *
     * @param file a text
     * @return its lines
     * @throws IOException if it cannot be read
     * @throws dev.unmask.tensor.InputException if it is not UTF-8, or something else than a text
     */
    public static List<Line> read(Path file) throws IOException {
        return named(file, Utf8Lines.read(file));
    }

    /**
     * Reads all lines of a stream, which is closed.
     *
     * @param name what messages call it
     * @param in the bytes of a text
     * @return its lines
     * @throws IOException if it cannot be read
     * @throws dev.unmask.tensor.InputException if it is not UTF-8, or something else than a text
     */
    public static List<Line> read(String name, InputStream in) throws IOException {
        Path file = Path.of(name);
        return named(file, Utf8Lines.read(file, in));
    }

    private static List<Line> named(Path file, Stream<Utf8Lines.Line> lines) {
        try (lines) {
            return lines.map(line -> new Line(file + ", line " + line.number(), line.number(), line.text())).toList();
        }
    }
}
