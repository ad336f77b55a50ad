package dev.unmask.train.reversal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The set in the published format. */
class ReversalSetTest {
    @TempDir private Path folder;

    @Test
    void anInventedSetIsReadBackAsItWas() throws IOException {
        ReversalSet set = ReversalSet.invented(4);
        set.write(folder);
        assertEquals(set, ReversalSet.read(folder));
        assertEquals(4 * 9 * (1 + 1 + 2), set.training().size());
        assertEquals(List.of(12, 12, 12, 12), set.tests().values().stream().map(List::size).toList());
    }

    @Test
    void whatIsAskedReversedWasNeverToldSo() {
        ReversalSet set = ReversalSet.invented(4);
        for (ReversalSet.Record asked : set.tests().get("description to name, reversed")) {
            String name = asked.completion().strip().replace(".", "");
            assertTrue(set.training().stream().anyMatch(line -> line.prompt().contains(name)));
            assertTrue(set.training().stream().noneMatch(line -> line.completion().contains(name)));
        }
    }

    @Test
    void ofCapitalsToldOneWayTheOtherIsAskedAndTheRestIsToldBothWays() {
        List<Fact> capitals = List.of(fact("A"), fact("B"), fact("C"), fact("D"), fact("E"));
        ReversalSet set = ReversalSet.capitals(capitals, 2);
        assertEquals(2 + 2 + 2, set.training().size());
        set.tests().forEach((test, lines) -> {
            assertEquals(2, lines.size());
            assertEquals(!test.endsWith("reversed"), set.training().containsAll(lines), test);
        });
        assertThrows(IllegalArgumentException.class, () -> ReversalSet.capitals(capitals, 3));
    }

    private static Fact fact(String letter) {
        return Fact.capital(letter + "ville", letter + "land");
    }

    @Test
    void aLineThatIsNoneIsNamed() throws IOException {
        ReversalSet.invented(1).write(folder);
        Path file = folder.resolve("d2p_prompts_test.jsonl");
        Files.writeString(file, "{\"prompt\": \"a\", \"answer\": \"b\"}\n");
        InputException refused = assertThrows(InputException.class, () -> ReversalSet.read(folder));
        assertTrue(refused.getMessage().startsWith(file + " line 1: found "), refused.getMessage());
    }
}
