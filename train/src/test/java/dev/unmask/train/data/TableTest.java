package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tables as records are learnt from and filled in. */
class TableTest {
    @TempDir private Path folder;

    private Table read(String content) throws IOException {
        return Table.read(Files.writeString(folder.resolve("a.csv"), content));
    }

    @Test
    void isWrittenAsItIsRead() throws IOException {
        String text = "a,b\n\"x, y\",\"say \"\"no\"\"\"\n\"two\nlines\",\n";
        Table table = read(text);
        assertEquals(List.of("x, y", "say \"no\""), table.rows().getFirst().values());
        assertEquals(List.of("two\nlines", ""), table.rows().getLast().values());
        assertEquals(3, table.rows().getLast().line());
        assertEquals(text, table.csv());
    }

    @Test
    void marksAndSemicolonsAreNoPartOfValues() throws IOException {
        assertEquals(List.of("a", "b"), read("\uFEFFa;b\r\n1,5;2\r\n").columns());
        assertEquals(List.of("1,5", "2"), read("\uFEFFa;b\r\n1,5;2\r\n").rows().getFirst().values());
    }

    @Test
    void whatIsNoTableIsRefusedByItsLine() throws IOException {
        for (String bad : List.of("a,b\n1,2\n3\n", "a,b\n1,2\n3,4,5\n", "a,b\n1,2\n\"3,4\n")) {
            String message = assertThrows(InputException.class, () -> read(bad)).getMessage();
            assertTrue(message.contains("a.csv, line 3: found "), message);
        }
        Path file = folder.resolve("b.csv");
        Files.write(file, "a,b\n1,2\ncaf\u00e9,3\n".getBytes(StandardCharsets.ISO_8859_1));
        String message = assertThrows(InputException.class, () -> Table.read(file)).getMessage();
        assertTrue(message.contains("b.csv, line 3: byte 0xE9 is not UTF-8"), message);
        assertTrue(assertThrows(InputException.class, () -> read("")).getMessage().contains("found nothing"));
    }
}
