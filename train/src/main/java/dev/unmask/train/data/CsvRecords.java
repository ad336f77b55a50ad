package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * The rows of a table whose values are separated by commas, semicolons or tabs (RFC 4180): the first line names the
 * columns; a value in double quotes may hold separators, line ends and, written twice, quotes. A quote inside of a
 * value that does not begin with one is a character as any other.
 */
final class CsvRecords implements Iterator<CsvRecords.Row> {
    /** A quote that is never closed would swallow the rest of the file. */
    private static final int MOST_LINES = 10_000;

    private final String file;
    private final Iterator<Utf8Lines.Line> lines;
    private final char separator;
    private final List<String> columns;

    /**
     * A row.
     *
     * @param line where it begins, the first is 1
     * @param fields reads it
     */
    record Row(long line, RecordReader.Fields fields) {}

    /**
     * The rows of a table.
     *
     * @param file named in messages
     * @param tabs whether a name tells that values are separated by tabs
     * @param lines of the file
     */
    CsvRecords(String file, boolean tabs, Iterator<Utf8Lines.Line> lines) {
        this.file = file;
        this.lines = lines;
        if (!lines.hasNext()) {
            separator = ',';
            columns = List.of();
            return;
        }
        String first = lines.next().text();
        separator = tabs ? '\t' : !first.contains(",") && first.contains(";") ? ';' : ',';
        columns = split(first);
        long named = columns.stream().distinct().count();
        if (named < columns.size()) {
            throw new InputException(
                    file + ", line 1: found the columns " + columns + ", expected a name for each, no two alike");
        }
    }

    @Override
    public boolean hasNext() {
        return lines.hasNext();
    }

    @Override
    public Row next() {
        if (!lines.hasNext()) {
            throw new NoSuchElementException();
        }
        StringBuilder row = new StringBuilder();
        long number = 0;
        try {
            Utf8Lines.Line first = lines.next();
            number = first.number();
            row.append(first.text());
            int more = 0;
            boolean open = isOpen(row);
            while (open && lines.hasNext() && more < MOST_LINES) {
                row.append('\n').append(lines.next().text());
                open = isOpen(row);
                more++;
            }
            boolean closed = !open;
            return new Row(number, () -> fields(row.toString(), closed));
        } catch (BadRecordException notUtf8) {
            return new Row(
                    number,
                    () -> {
                        throw notUtf8;
                    });
        }
    }

    private RecordFields fields(String row, boolean closed) {
        if (!closed) {
            throw new BadRecordException("found a double quote that is not closed, expected one behind the value");
        }
        List<String> values = split(row);
        if (values.size() != columns.size()) {
            throw new BadRecordException(
                    "found "
                            + values.size()
                            + " values, expected "
                            + columns.size()
                            + ", one for each column that the first line of "
                            + file
                            + " names");
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < values.size(); i++) {
            fields.put(columns.get(i), values.get(i));
        }
        return new RecordFields(fields);
    }

    /** Whether a quoted value goes on beyond the text. */
    private boolean isOpen(CharSequence text) {
        boolean quoted = false;
        boolean begins = true;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted) {
                quoted = c != '"' || i + 1 < text.length() && text.charAt(i + 1) == '"';
                i += quoted && c == '"' ? 1 : 0;
            } else if (c == '"' && begins) {
                quoted = true;
                begins = false;
            } else {
                begins = c == separator;
            }
        }
        return quoted;
    }

    private List<String> split(String row) {
        List<String> values = new ArrayList<>();
        StringBuilder value = new StringBuilder();
        boolean quoted = false;
        boolean begins = true;
        for (int i = 0; i < row.length(); i++) {
            char c = row.charAt(i);
            if (quoted) {
                boolean twice = c == '"' && i + 1 < row.length() && row.charAt(i + 1) == '"';
                if (c == '"' && !twice) {
                    quoted = false;
                } else {
                    value.append(c);
                    i += twice ? 1 : 0;
                }
            } else if (c == '"' && begins) {
                quoted = true;
                begins = false;
            } else if (c == separator) {
                values.add(value.toString());
                value.setLength(0);
                begins = true;
            } else {
                value.append(c);
                begins = false;
            }
        }
        values.add(value.toString());
        return values;
    }
}
