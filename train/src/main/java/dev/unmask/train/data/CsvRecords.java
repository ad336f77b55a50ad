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

    /** Characters of what is wrong that a message shows. */
    private static final int MOST_SHOWN = 40;

    private final String file;
    private final Iterator<Utf8Lines.Line> lines;
    private final char separator;
    private final List<String> columns;

    /**
     * A row.
     *
     * @param line where it begins, the first is 1
     * @param values reads it
     */
    record Row(long line, Reading values) {
        /** Reads it as a record. */
        RecordFields fields(List<String> columns) {
            List<String> read = values.read();
            Map<String, Object> fields = new LinkedHashMap<>();
            for (int i = 0; i < columns.size(); i++) {
                fields.put(columns.get(i), read.get(i));
            }
            return new RecordFields(fields);
        }
    }

    /** Reads a row; throws {@link BadRecordException} if it does not have a value for each column. */
    @FunctionalInterface
    interface Reading {
        List<String> read();
    }

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
        Utf8Lines.Line first = lines.next();
        separator = tabs ? '\t' : !first.text().contains(",") && first.text().contains(";") ? ';' : ',';
        Values names = read(first);
        columns = names.values;
        long named = columns.stream().distinct().count();
        if (named < columns.size() || names.quoted || !names.behind.isEmpty()) {
            throw new InputException(
                    file
                            + ", line 1: found the columns "
                            + columns
                            + (names.quoted ? ", in double quotes that are not closed" : "")
                            + (names.behind.isEmpty() ? "" : ", and text behind a closing double quote")
                            + ", expected a name for each, no two alike");
        }
    }

    /** What the first line names. */
    List<String> columns() {
        return columns;
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
        long number = 0;
        try {
            Utf8Lines.Line first = lines.next();
            number = first.number();
            Values row = read(first);
            return new Row(number, () -> checked(row));
        } catch (BadRecordException notUtf8) {
            return new Row(
                    number,
                    () -> {
                        throw notUtf8;
                    });
        }
    }

    /** The values of a row: of its first line, and of more where a value in quotes goes on. */
    private Values read(Utf8Lines.Line first) {
        Values row = new Values(separator);
        row.add(first.text());
        for (int more = 0; row.quoted && more < MOST_LINES && lines.hasNext(); more++) {
            row.value.append('\n');
            row.add(lines.next().text());
        }
        row.end();
        return row;
    }

    private List<String> checked(Values row) {
        if (row.quoted) {
            throw new BadRecordException("found a double quote that is not closed, expected one behind the value");
        }
        if (!row.behind.isEmpty()) {
            throw new BadRecordException(
                    "found "
                            + row.behind
                            + " behind a closing double quote, expected the end of the value there; a quote in a value"
                            + " in quotes is written twice");
        }
        if (row.values.size() != columns.size()) {
            throw new BadRecordException(
                    "found "
                            + row.values.size()
                            + " values, expected "
                            + columns.size()
                            + ", one for each column that the first line of "
                            + file
                            + " names");
        }
        return row.values;
    }

    /** The values of a row, as far as its lines have been added. */
    private static final class Values {
        private final char separator;
        private final List<String> values = new ArrayList<>();
        private final StringBuilder value = new StringBuilder();

        /** Whether a value in quotes goes on in the next line. */
        private boolean quoted;

        /** Whether a value in quotes has ended. */
        private boolean closed;

        /** The first text behind a closing quote; blanks there are none. Empty: there is none. */
        private String behind = "";

        private Values(char separator) {
            this.separator = separator;
        }

        private void add(String line) {
            boolean begins = !quoted;
            for (int i = 0; i < line.length(); i++) {
                char c = line.charAt(i);
                if (quoted) {
                    boolean twice = c == '"' && i + 1 < line.length() && line.charAt(i + 1) == '"';
                    if (c == '"' && !twice) {
                        quoted = false;
                        closed = true;
                    } else {
                        value.append(c);
                        i += twice ? 1 : 0;
                    }
                } else if (c == '"' && begins) {
                    quoted = true;
                    begins = false;
                } else if (c == separator) {
                    end();
                    begins = true;
                } else {
                    if (closed && behind.isEmpty() && !Character.isWhitespace(c)) {
                        behind = '"' + line.substring(i, Math.min(line.length(), i + MOST_SHOWN)) + '"';
                    }
                    value.append(c);
                    begins = false;
                }
            }
        }

        private void end() {
            values.add(value.toString());
            value.setLength(0);
            closed = false;
        }
    }
}
