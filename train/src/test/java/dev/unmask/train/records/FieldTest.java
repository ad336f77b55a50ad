package dev.unmask.train.records;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;
import dev.unmask.train.data.Table;
import dev.unmask.train.records.Field.Kind;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** What a model is told of the columns of a table. */
class FieldTest {
    @TempDir private Path folder;

    private static List<String> numbers(int to) {
        return IntStream.range(0, to).mapToObj(String::valueOf).toList();
    }

    @Test
    void wordsAreChoicesFromTheMostFrequentOnAndOneIsForAllOthers() {
        Field field = Field.of("colour", List.of("red", "blue", "red", "green", "blue", "red"));
        assertEquals(Kind.WORDS, field.kind());
        assertEquals(List.of("red", "blue"), field.choices(), "what comes once tells nothing");
        assertEquals(3, field.size());
        assertEquals(1, field.choice("blue"));
        assertEquals(2, field.choice("green"));
        assertEquals(2, field.choice("mauve"));
        assertEquals(OptionalInt.of(1), field.best(new double[] {0.2, 0.3, 0.5}));
    }

    @Test
    void numbersFallIntoBinsOfEquallyManyAndAFrequentOneIntoItsOwn() {
        List<String> values = new ArrayList<>(numbers(320));
        values.addAll(Collections.nCopies(40, "100"));
        Field field = Field.of("speed", values);
        assertEquals(Kind.NUMBERS, field.kind());
        int own = field.choice("100");
        assertEquals(field.lowest().get(own), field.highest().get(own));
        assertEquals("100", field.choices().get(own));
        assertEquals(field.choice("0"), field.choice("5"));
        assertTrue(field.choice("0") < field.choice("319"));
        assertEquals(field.size() - 1, field.choice("320"), "outside of what was learnt");
        assertEquals(field.size() - 1, field.choice("-1"));
        assertEquals(field.size() - 1, field.choice("fast"));
        assertEquals(field.choice("50"), field.choice(" 50.0 "));
    }

    @Test
    void ofNumbersTheBestSingleOneIsTheMedian() {
        Field field = Field.of("n", numbers(64));
        double[] p = new double[field.size()];
        p[3] = 0.4;
        p[10] = 0.3;
        p[20] = 0.3;
        assertEquals(OptionalInt.of(10), field.best(p));
    }

    @Test
    void datesAreNumbersOfDays() {
        LocalDate first = LocalDate.of(2020, 1, 1);
        Field field = Field.of("day", IntStream.range(0, 100).mapToObj(i -> first.plusDays(i).toString()).toList());
        assertEquals(Kind.DATES, field.kind());
        assertEquals(1, field.number("2020-01-02").orElseThrow() - field.number("2020-01-01").orElseThrow());
    }

    @Test
    void fewNumbersAreWordsAndFreeTextIsLeftOut() {
        assertEquals(Kind.WORDS, Field.of("grade", List.of("1", "2", "3", "1", "2")).kind());
        assertTrue(Field.of("note", List.of("a b", "c d", "e f", "a b")).choices().size() <= 1);
        assertTrue(Field.of("note", List.of("a b", "c d", "e f")).choices().isEmpty());
    }

    private static Table table(List<String> columns, String... rows) {
        List<Table.Row> all = new ArrayList<>();
        for (String row : rows) {
            all.add(new Table.Row(all.size() + 2L, List.of(row.split(",", -1))));
        }
        return new Table(columns, all);
    }

    @Test
    void aRecordIsATokenAFieldInWhateverOrderTheColumnsStand() throws IOException {
        Table table = table(List.of("a", "b"), "x,u", "x,u", "y,v", "y,", "x,NA");
        Schema schema = Schema.of(table, Set.of(), Set.of("NA"));
        List<int[]> records = schema.encode(table);
        assertEquals(List.of(1, 4), IntStream.of(records.getFirst()).boxed().toList());
        assertEquals(Schema.MISSING, records.get(3)[1]);
        assertEquals(Schema.MISSING, records.get(4)[1]);
        int[] turned = schema.encode(table(List.of("b", "other", "a"), "u,?,x")).getFirst();
        assertEquals(List.of(1, 4), IntStream.of(turned).boxed().toList());
        schema.save(folder);
        assertEquals(schema, Schema.read(folder));
        String message = assertThrows(InputException.class, () -> schema.encode(table(List.of("a"), "x"))).getMessage();
        assertTrue(message.contains("found no column b among a"), message);
    }
}
