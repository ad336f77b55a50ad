package dev.unmask.train.records;

import com.fasterxml.jackson.annotation.JsonProperty;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.io.AtomicFiles;
import dev.unmask.train.data.Table;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Which columns a model knows, and what of them: a record is a sequence of a token a field. Token {@link #MISSING}
 * stands for no value; the choices of all fields follow, field by field.
 *
 * @param fields at least two, each with choices
 * @param missing what is written where there is no value, beside nothing
 */
public record Schema(@JsonProperty("fields") List<Field> fields, @JsonProperty("missing") Set<String> missing) {
    /** The token that stands for no value. */
    public static final int MISSING = 0;

    /** The name of the file that a model folder keeps it in. */
    public static final String FILE = "records.json";

    /** Keeps the lists as they are. */
    public Schema {
        fields = List.copyOf(fields);
        missing = Set.copyOf(missing);
        if (fields.size() < 2) {
            throw new InputException(
                    "table: found " + fields.size() + " columns whose values come more than once, expected at least 2");
        }
    }

    /**
     * Looks at a table. Columns of free text are left out.
     *
     * @param table its records are learnt
     * @param leftOut names of columns that are not to be used
     * @param missing what is written where there is no value, beside nothing
     * @return the fields
     * @throws InputException if fewer than two columns are left, or there is no column of a name
     */
    public static Schema of(Table table, Set<String> leftOut, Set<String> missing) {
        for (String name : leftOut) {
            if (!table.columns().contains(name)) {
                throw new InputException(
                        "column: found no " + name + ", expected one of " + String.join(", ", table.columns()));
            }
        }
        List<Field> fields = new ArrayList<>();
        for (int column = 0; column < table.columns().size(); column++) {
            int at = column;
            List<String> values =
                    table.rows().stream()
                            .map(row -> row.values().get(at))
                            .filter(value -> !value.isBlank() && !missing.contains(value))
                            .toList();
            Field field = Field.of(table.columns().get(column), values);
            if (!leftOut.contains(field.name()) && !field.choices().isEmpty()) {
                fields.add(field);
            }
        }
        return new Schema(fields, missing);
    }

    /**
     * Reads what {@link #save} wrote.
     *
     * @param folder of a model of records
     * @return the schema
     * @throws IOException if there is none, or it cannot be read
     */
    public static Schema read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        return StrictJson.bind(StrictJson.read(file), Schema.class, file.toString());
    }

    /**
     * Writes {@code records.json}.
     *
     * @param folder there already
     * @throws IOException if it cannot be written
     */
    public void save(Path folder) throws IOException {
        AtomicFiles.write(folder.resolve(FILE), StrictJson.print(this));
    }

    /**
     * Tokens of all fields, and {@link #MISSING}.
     *
     * @return ids are below this
     */
    public int vocabulary() {
        return 1 + fields.stream().mapToInt(Field::size).sum();
    }

    /**
     * The token of a field's first choice; the others follow.
     *
     * @param field its number
     * @return an id
     */
    public int first(int field) {
        return 1 + fields.subList(0, field).stream().mapToInt(Field::size).sum();
    }

    /**
     * The columns of a table that are its fields.
     *
     * @param table another one with these columns, in any order, perhaps among others
     * @return of each field the number of its column
     * @throws InputException if one is not there
     */
    public int[] columns(Table table) {
        int[] columns = fields.stream().mapToInt(field -> table.columns().indexOf(field.name())).toArray();
        for (int i = 0; i < columns.length; i++) {
            if (columns[i] < 0) {
                throw new InputException(
                        "table: found no column "
                                + fields.get(i).name()
                                + " among "
                                + String.join(", ", table.columns())
                                + ", expected every column that was learnt; its values may be empty");
            }
        }
        return columns;
    }

    /**
     * Records as tokens.
     *
     * @param table with the columns of these fields
     * @return of each row a token a field
     */
    public List<int[]> encode(Table table) {
        int[] columns = columns(table);
        int[] first = new int[columns.length];
        Arrays.setAll(first, this::first);
        List<int[]> records = new ArrayList<>();
        for (Table.Row row : table.rows()) {
            int[] record = new int[columns.length];
            for (int i = 0; i < columns.length; i++) {
                String value = row.values().get(columns[i]);
                record[i] =
                        value.isBlank() || missing.contains(value) ? MISSING : first[i] + fields.get(i).choice(value);
            }
            records.add(record);
        }
        return records;
    }
}
