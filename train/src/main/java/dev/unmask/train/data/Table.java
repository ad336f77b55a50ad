package dev.unmask.train.data;

import dev.unmask.tensor.InputException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A table of a {@code .csv} or {@code .tsv} file, plain or compressed: a name for each column, and rows of as many
 * values.
 *
 * @param columns their names, no two alike
 * @param rows in the order of the file
 */
public record Table(List<String> columns, List<Row> rows) {
    /** Keeps the lists as they are. */
    public Table {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
    }

    /**
     * A row.
     *
     * @param line where it begins in the file, the first is 1
     * @param values one for each column; empty: there is none
     */
    public record Row(long line, List<String> values) {
        /** Keeps the list as it is. */
        public Row {
            values = List.copyOf(values);
        }
    }

    /**
     * Reads a table whole.
     *
     * @param file whose first line names the columns
     * @return the table
     * @throws IOException if it cannot be read
     * @throws InputException if a row has more or fewer values than there are columns, or is no text in UTF-8; the
     *     message names its line
     */
    public static Table read(Path file) throws IOException {
        boolean tabs = TextFiles.plainName(file.getFileName().toString()).endsWith(".tsv");
        try (Utf8Lines lines = Utf8Lines.open(file, bytes -> {})) {
            CsvRecords records = new CsvRecords(file.toString(), tabs, lines);
            List<Row> rows = new ArrayList<>();
            while (records.hasNext()) {
                CsvRecords.Row row = records.next();
                try {
                    rows.add(new Row(row.line(), row.values().read()));
                } catch (BadRecordException e) {
                    String where = file + ", line " + row.line();
                    throw new InputException(
                            e.getMessage().startsWith(where) ? e.getMessage() : where + ": " + e.getMessage());
                }
            }
            if (records.columns().isEmpty()) {
                throw new InputException(file + ": found nothing, expected a line that names the columns, and rows");
            }
            return new Table(records.columns(), rows);
        }
    }

    /**
     * This table with other values in it.
     *
     * @param values of each row, as many as there are columns
     * @return a table with the same columns and lines
     */
    public Table withValues(List<List<String>> values) {
        List<Row> other = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            other.add(new Row(rows.get(i).line, values.get(i)));
        }
        return new Table(columns, other);
    }

    /**
     * The table as text, with commas; values with commas, quotes or line ends in them are in quotes (RFC 4180).
     *
     * @return a line for the columns, then one a row
     */
    public String csv() {
        StringBuilder text = new StringBuilder();
        line(columns, text);
        rows.forEach(row -> line(row.values, text));
        return text.toString();
    }

    private static void line(List<String> values, StringBuilder text) {
        for (int i = 0; i < values.size(); i++) {
            text.append(i == 0 ? "" : ",").append(quoted(values.get(i)));
        }
        text.append('\n');
    }

    private static String quoted(String value) {
        boolean plain = value.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return plain ? value : '"' + value.replace("\"", "\"\"") + '"';
    }
}
