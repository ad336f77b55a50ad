package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A table of towns whose country and language are known by each other, and whose height by the country. */
class RecordsCommandTest {
    private static final List<String> COUNTRIES = List.of("France", "Spain", "Italy", "Poland");
    private static final List<String> LANGUAGES = List.of("French", "Spanish", "Italian", "Polish");

    @TempDir private static Path folder;

    private static CommandLineOutcome records(String... arguments) {
        List<String> all = new ArrayList<>(List.of("records"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--threads", "1"));
        return CommandLineOutcome.of(all.toArray(String[]::new));
    }

    private static CommandLineOutcome learn() {
        return records(
                "learn",
                folder.resolve("towns.csv").toString(),
                "--steps",
                "300",
                "--layers",
                "1",
                "--width",
                "32",
                "--batch",
                "32",
                "--lr",
                "0.01",
                "--leave-out",
                "id",
                "--out",
                folder.resolve("model").toString());
    }

    @BeforeAll
    static void learnt() throws IOException {
        StringBuilder table = new StringBuilder("id,country,language,height\n");
        for (int i = 0; i < 400; i++) {
            int c = i % 4;
            String language = i % 10 == 9 ? "" : LANGUAGES.get(c);
            table.append(i).append(',').append(COUNTRIES.get(c)).append(',').append(language).append(',');
            table.append(100 * c + i % 37).append('\n');
        }
        Files.writeString(folder.resolve("towns.csv"), table);
        CommandLineOutcome outcome = learn();
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains("left out: id"), outcome.err());
        assertTrue(outcome.err().contains("held-out records …"), outcome.err());
    }

    @Test
    void aReportSetsEveryFieldAgainstItsBaseline() throws IOException {
        String report = Files.readString(folder.resolve("model").resolve("report.md"));
        assertTrue(report.contains("| country | right | 100.0 % |"), report);
        assertTrue(report.contains("| height | mean error | "), report);
        assertTrue(report.contains("## Is it as sure as it is right?"), report);
        assertTrue(Files.readString(folder.resolve("model").resolve("held-out.csv")).startsWith("id,country,"));
    }

    @Test
    void aModelThatIsThereIsMeasuredAgainAndThatOfAnotherTableIsLeftAlone() throws IOException {
        CommandLineOutcome again = learn();
        assertEquals(0, again.code(), again.err());
        Path other = Files.writeString(folder.resolve("other.csv"), "a,b\n" + "x,1\ny,2\n".repeat(100));
        CommandLineOutcome refused =
                records("learn", other.toString(), "--held-out", "0.4", "--out", folder.resolve("model").toString());
        assertEquals(2, refused.code(), refused.err());
        assertTrue(refused.err().contains("holds a model of another table"), refused.err());
    }

    @Test
    void aModelThatIsThereIsNotTakenForOneOfOtherSettings() throws IOException {
        String table = Files.readString(folder.resolve("towns.csv"));
        Path changed = Files.writeString(folder.resolve("changed.csv"), table.replaceFirst("\n0,", "\n1000,"));
        String towns = folder.resolve("towns.csv").toString();
        assertTrue(learnt(towns, "--width", "64").contains("holds a model of records with --width 32, expected 64"));
        assertTrue(learnt(towns, "--lr", "0.02").contains("holds a model of records with --lr 0.01, expected 0.02"));
        assertTrue(learnt(changed.toString()).contains("holds a model of records with a table of SHA-256 "));
        assertTrue(learnt(towns, "--steps", "2").contains("--steps: found 2, expected at least the 300"));
    }

    /** Why it is refused to learn a table with these options in the place of the usual ones. */
    private static String learnt(String table, String... other) {
        List<String> arguments = new ArrayList<>(List.of("learn", table, "--leave-out", "id", "--layers", "1"));
        List<String> usual = List.of("--steps", "300", "--width", "32", "--batch", "32", "--lr", "0.01");
        for (int i = 0; i < usual.size(); i += 2) {
            if (!List.of(other).contains(usual.get(i))) {
                arguments.addAll(usual.subList(i, i + 2));
            }
        }
        arguments.addAll(List.of(other));
        arguments.addAll(List.of("--out", folder.resolve("model").toString()));
        CommandLineOutcome refused = records(arguments.toArray(String[]::new));
        assertEquals(2, refused.code(), refused.err());
        return refused.err();
    }

    @Test
    void gapsAreFilledAndAllElseStaysAsItIs() throws IOException {
        Path gaps = Files.writeString(folder.resolve("gaps.csv"), "height;note;language;country\n;a, b;Polish;\n7;;;\n");
        CommandLineOutcome filled = records("fill", folder.resolve("model").toString(), gaps.toString());
        assertEquals(0, filled.code(), filled.err());
        String[] lines = filled.out().split("\n");
        assertEquals("height,note,language,country", lines[0]);
        assertTrue(lines[1].matches("3\\d\\d,\"a, b\",Polish,Poland"), filled.out());
        assertEquals("7,,French,France", lines[2]);
        assertTrue(filled.err().contains("4 gaps filled"), filled.err());
        CommandLineOutcome sure = records("fill", folder.resolve("model").toString(), gaps.toString(), "--sure", "0.8");
        assertTrue(sure.out().contains(",\"a, b\",Polish,Poland"), sure.out());
        assertTrue(sure.out().startsWith("height,note,language,country\n,"), sure.out());
    }

    @Test
    void theOddestRecordComesFirstWithTheValueThatIsOdd() throws IOException {
        Path table =
                Files.writeString(
                        folder.resolve("some.csv"),
                        "country,language,height\nFrance,French,7\nSpain,Spanish,9000\nItaly,Italian,210\n");
        CommandLineOutcome odd = records("odd", folder.resolve("model").toString(), table.toString(), "--top", "1");
        assertEquals(0, odd.code(), odd.err());
        assertTrue(odd.out().startsWith("line 3: "), odd.out());
        assertTrue(odd.out().contains("height is 9000"), odd.out());
    }

    @Test
    void ofManyRecordsItIsSaidHowManyAreDone() {
        String model = folder.resolve("model").toString();
        String towns = folder.resolve("towns.csv").toString();
        CommandLineOutcome odd = records("odd", model, towns, "--top", "3");
        assertEquals(3, odd.out().lines().count(), odd.out());
        assertTrue(odd.err().contains("odd records: 400 of 400 (100%)"), odd.err());
        CommandLineOutcome filled = records("fill", model, towns);
        assertEquals(401, filled.out().lines().count(), filled.out());
        assertTrue(filled.err().contains("filling: 400 of 400 (100%)"), filled.err());
        assertTrue(filled.err().contains("40 gaps filled"), filled.err());
    }

    @Test
    void aTableWithoutAColumnThatWasLearntIsRefused() throws IOException {
        Path table = Files.writeString(folder.resolve("less.csv"), "country,height\nFrance,7\n");
        CommandLineOutcome refused = records("odd", folder.resolve("model").toString(), table.toString());
        assertEquals(2, refused.code(), refused.err());
        assertTrue(refused.err().contains("found no column language among country, height"), refused.err());
        assertFalse(refused.err().contains("Exception"), refused.err());
    }
}
