package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
        assertTrue(report.contains("It does not know the facts as they were told either"), report);
        assertTrue(report.contains("give it more --steps."), report);
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
    void reversalFineTunesTwoModelsAlikeAndNothingElse() throws IOException {
        Path masked = pretrained("masked");
        Path causal = pretrained("causal", "--causal");
        String[] from = {"--from-masked", masked.toString(), "--from-causal", causal.toString(), "--people", "1"};
        CommandLineOutcome tuned = experiment("reversal", with(from, "--guidance", "0.8"));
        assertEquals(0, tuned.code(), tuned.err());
        String report = Files.readString(folder.resolve("report.md"));
        assertTrue(report.contains("Both models had read before and were fine-tuned alike."), report);
        // Ten times 36 lines in steps of 32.
        assertTrue(report.contains("| steps | 12 of 32 lines |"), report);
        assertTrue(report.contains("| learning rate | 2.0E-4 |"), report);

        refused("--width: found beside --from-masked", with(from, "--width", "32"));
        refused("--from-masked: found without --from-causal", "--from-masked", masked.toString());
        refused(
                causal + " is autoregressive, expected a masked model",
                "--from-masked",
                causal.toString(),
                "--from-causal",
                causal.toString());
    }

    private Path pretrained(String name, String... more) throws IOException {
        Path run = folder.resolve(name);
        CommandLineOutcome trained =
                CommandLineOutcome.of(
                        with(
                                more,
                                "train",
                                "--data",
                                text("text.txt", "sleeps").toString(),
                                "--vocab",
                                "280",
                                "--preset",
                                "tiny",
                                "--steps",
                                "1",
                                "--threads",
                                "1",
                                "--out",
                                run.toString()));
        assertEquals(0, trained.code(), trained.err());
        return run;
    }

    private static String[] with(String[] last, String... first) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(last));
        return all.toArray(String[]::new);
    }

    private void refused(String message, String... arguments) {
        CommandLineOutcome outcome = experiment("reversal", arguments);
        assertEquals(2, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains(message), outcome.err());
    }

    @Test
    void fewerSeedsThanTheFolderHoldsAreAllThatTheReportSpeaksOf() throws IOException {
        String[] small = {"--steps", "3", "--people", "1", "--width", "32", "--layers", "1"};
        assertEquals(0, experiment("reversal", small).code());
        CommandLineOutcome one =
                CommandLineOutcome.of(
                        with(
                                small,
                                "experiment",
                                "reversal",
                                "--threads",
                                "1",
                                "--seeds",
                                "1",
                                "--out",
                                folder.toString()));
        assertEquals(0, one.code(), one.err());
        assertTrue(!Files.readString(folder.resolve("report.md")).contains(" ± "));
    }

    @Test
    void scalingFitsWhatItMeasured() throws IOException {
        Path text = text("text.txt", "sleeps on the mat");
        CommandLineOutcome scaling =
                experiment(
                        "scaling", "--data", text.toString(), "--vocab", "280", "--budgets", "1e8,2e8", "--widths", "16,32,48");
        assertEquals(0, scaling.code(), scaling.err());
        String report = Files.readString(folder.resolve("report.md"));
        assertTrue(report.contains("| masked | 1e8 |"), report);
        assertTrue(report.contains("The exponents of L* differ by "), report);
        assertTrue(report.contains("With 1e8 FLOPs the best masked model has a loss of "), report);
        assertTrue(report.contains("it has not begun to learn"), report);
        assertTrue(Files.size(folder.resolve("isoflop-masked.png")) > 0);
    }

    private Path text(String name, String end) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            lines.append("the cat of house ").append(i).append(' ').append(end).append('\n');
        }
        return Files.writeString(folder.resolve(name), lines);
    }

    private static final String[] TINY = {"--steps", "3", "--width", "32", "--layers", "1", "--vocab", "280"};

    private CommandLineOutcome tiny(String name, String... more) {
        List<String> all = new ArrayList<>(List.of(TINY));
        all.addAll(List.of(more));
        return experiment(name, all.toArray(String[]::new));
    }

    @Test
    void temporalComparesTheRise() throws IOException {
        Path before = Files.createDirectories(folder.resolve("before"));
        for (int i = 0; i < 40; i++) {
            Files.copy(text("text.txt", "sleeps on mat " + i), before.resolve(i + ".txt"));
        }
        CommandLineOutcome temporal =
                tiny(
                        "temporal",
                        "--longer",
                        "2",
                        "--before",
                        before.toString(),
                        "--after",
                        text("after.txt", "drives a fast car").toString());
        assertEquals(0, temporal.code(), temporal.err());
        String report = Files.readString(folder.resolve("report.md"));
        assertTrue(report.contains("| masked, 2 times as long |"), report);
        assertTrue(report.contains("nats more than the autoregressive one's"), report);
    }

    @Test
    void tooLittleTextToMeasureOnIsRefusedBeforeAModelIsTrained() throws IOException {
        String text = text("text.txt", "sleeps").toString();
        Path brief = Files.writeString(folder.resolve("brief.txt"), "a cat");
        CommandLineOutcome temporal = tiny("temporal", "--before", text, "--after", brief.toString());
        assertEquals(2, temporal.code(), temporal.err());
        assertTrue(temporal.err().contains("tokens, expected a sequence of at least 65; use more text"), temporal.err());
        assertFalse(temporal.err().contains("1 of 3"), temporal.err());
    }

    @Test
    void stepsSetsPassesAgainstAJudge() throws IOException {
        String text = text("text.txt", "sleeps").toString();
        CommandLineOutcome steps = tiny("steps", "--data", text, "--samples", "4", "--tokens", "8");
        assertEquals(0, steps.code(), steps.err());
        String report = Files.readString(folder.resolve("report.md"));
        for (String row :
                List.of(
                        "| masked, random | 2 steps | 2.0 ± 0.0 |",
                        "| masked, entropy | 8 steps | 8.0 ± 0.0 |",
                        "| masked, best | 4 steps | 4.0 ± 0.0 |",
                        "| masked, fast | threshold 0.9 | 8.0 ± 0.0 |",
                        "| autoregressive |  | 8.0 ± 0.0 |")) {
            assertTrue(report.contains(row), report);
        }
    }

    @Test
    void guidanceGoesOverItsScales() throws IOException {
        String text = text("text.txt", "sleeps").toString();
        CommandLineOutcome guidance = tiny("guidance", "--data", text, "--scales", "1", "--questions", "4");
        assertEquals(0, guidance.code(), guidance.err());
        String report = Files.readString(folder.resolve("report.md"));
        assertTrue(report.contains("| 0.0 |") && report.contains("| 1.0 |"), report);
        assertTrue(report.contains("The share of right choices is best "), report);
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
        assertTrue(plan.out().startsWith("48 models, the largest of them as follows (text: wordnet; "), plan.out());
    }
}
