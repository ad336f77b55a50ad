package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Experiments at their smallest: they learn nothing, but leave everything. */
class ExperimentCommandTest {
    @TempDir private Path folder;

    private CommandLineOutcome experiment(String name, String... more) {
        List<String> arguments = new ArrayList<>(List.of("experiment", name, "--threads", "1", "--seeds", "2"));
        arguments.addAll(List.of(more));
        arguments.addAll(List.of("--out", folder.toString()));
        return CommandLineOutcome.of(arguments.toArray(String[]::new));
    }

    @Test
    void reversalLeavesNumbersPlotsAndAReportAndMeasuresNothingTwice() throws IOException {
        String[] small = {"--steps", "3", "--people", "1", "--width", "32", "--layers", "1"};
        CommandLineOutcome first = experiment("reversal", small);
        assertEquals(0, first.code(), first.err());
        String report = Files.readString(folder.resolve("report.md"));
        assertTrue(report.contains("| masked | description to name, reversed |"), report);
        assertTrue(report.contains("./unmask experiment reversal --threads 1"), report);
        assertTrue(Files.size(folder.resolve("match.png")) > 0);
        assertEquals(4, Files.readAllLines(folder.resolve("trials.jsonl")).size());

        CommandLineOutcome again = experiment("reversal", small);
        assertEquals(0, again.code(), again.err());
        assertTrue(!again.err().contains("1 of 4"), again.err());

        CommandLineOutcome other = experiment("reversal", "--steps", "4", "--people", "1", "--width", "32");
        assertEquals(2, other.code(), other.err());
        assertTrue(other.err().contains("holds an experiment with model 1 layers of 32"), other.err());
    }

    @Test
    void scalingFitsWhatItMeasured() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            lines.append("the cat of house ").append(i).append(" sleeps on the mat\n");
        }
        Path text = Files.writeString(folder.resolve("text.txt"), lines);
        CommandLineOutcome scaling =
                experiment(
                        "scaling", "--data", text.toString(), "--vocab", "280", "--budgets", "1e8,2e8", "--widths", "16,32,48");
        assertEquals(0, scaling.code(), scaling.err());
        String report = Files.readString(folder.resolve("report.md"));
        assertTrue(report.contains("| masked | 1e+08 |"), report);
        assertTrue(report.contains("The exponents of L* differ by "), report);
        assertTrue(Files.size(folder.resolve("isoflop-masked.png")) > 0);
    }

    @Test
    void aGridThatCannotBeFittedIsRefused() {
        CommandLineOutcome widths = experiment("scaling", "--widths", "16,32");
        assertEquals(2, widths.code());
        assertTrue(widths.err().contains("--widths: found [16, 32], expected at least three"), widths.err());
    }

    @Test
    void plansWithoutComputing() {
        CommandLineOutcome plan = experiment("scaling", "--dry-run");
        assertEquals(0, plan.code(), plan.err());
        assertTrue(plan.out().startsWith("48 models"), plan.out());
    }
}
