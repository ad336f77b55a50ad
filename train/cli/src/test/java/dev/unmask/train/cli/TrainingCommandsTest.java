package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import javax.imageio.ImageIO;

/** The commands work on what {@code unmask train} leaves. */
@TestInstance(Lifecycle.PER_CLASS)
class TrainingCommandsTest {
    private Path text;
    private Path run;
    private CommandLineOutcome trained;

    @BeforeAll
    void train(@TempDir Path folder) throws IOException {
        text = folder.resolve("text.txt");
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 400; i++) {
            lines.append("the cat number ").append(i).append(" sleeps on mat ").append(i * 7 % 31).append('\n');
        }
        Files.writeString(text, lines);
        run = folder.resolve("run");
        trained = train(run, 3);
    }

    private CommandLineOutcome train(Path out, int steps, String... more) {
        String[] all = {
            "train",
            "--out",
            out.toString(),
            "--preset",
            "tiny",
            "--data",
            text.toString(),
            "--vocab",
            "300",
            "--steps",
            Integer.toString(steps),
            "--batch",
            "2",
            "--length",
            "16",
            "--set",
            "data.validation_fraction=0.2"
        };
        String[] arguments = new String[all.length + more.length];
        System.arraycopy(all, 0, arguments, 0, all.length);
        System.arraycopy(more, 0, arguments, all.length, more.length);
        return CommandLineOutcome.of(arguments);
    }

    @ParameterizedTest
    @ValueSource(strings = {"step", "tokens", "seconds"})
    void plotDrawsSomeRunsIntoOnePicture(String axis, @TempDir Path folder) throws IOException {
        Path other = Files.createDirectories(folder.resolve("other"));
        Files.copy(run.resolve("metrics.jsonl"), other.resolve("metrics.jsonl"));
        Path picture = folder.resolve("both.png");
        CommandLineOutcome plot =
                CommandLineOutcome.of(
                        "plot", run.toString(), other.toString(), "--over", axis, "--out", picture.toString());
        assertEquals(0, plot.code(), plot.err());
        assertEquals(1000, ImageIO.read(picture.toFile()).getWidth());
    }

    @Test
    void trainLeavesMetricsACurveAndACheckpoint() throws IOException {
        assertEquals(0, trained.code(), trained.err());
        assertTrue(Files.readString(run.resolve("metrics.jsonl")).contains("\"step\":3,\"loss\":"));
        byte[] png = Files.readAllBytes(run.resolve("loss.png"));
        assertEquals("PNG", new String(png, 1, 3, StandardCharsets.US_ASCII));
        for (String file : new String[] {"config.json", "model.safetensors", "tokenizer.json", "training.json"}) {
            assertTrue(Files.exists(run.resolve("checkpoints/step-00000003").resolve(file)), file);
        }
    }

    @Test
    void aRunThatHasCheckpointsIsNotOverwritten() {
        CommandLineOutcome again = train(run, 3);
        assertEquals(2, again.code());
        assertTrue(again.err().contains("has step-00000003 already; pass --resume to go on"), again.err());
    }

    @Test
    void resumeGoesOnToMoreSteps(@TempDir Path folder) {
        Path other = folder.resolve("other");
        assertEquals(0, train(other, 1).code());
        CommandLineOutcome more = CommandLineOutcome.of("train", "--out", other.toString(), "--resume", "--steps", "2");
        assertEquals(0, more.code(), more.err());
        assertTrue(Files.exists(other.resolve("checkpoints/step-00000002/model.safetensors")));
    }

    @Test
    void samplePrintsTheContinuedPrompt() {
        CommandLineOutcome sample =
                of("sample", "--prompt", "the cat", "--length", "12", "--steps", "3", "--count", "2");
        assertEquals(0, sample.code(), sample.err());
        assertTrue(sample.out().startsWith("the cat"), sample.out());
    }

    @Test
    void sampleLeavesTheEndOfTextOutIfAsked() {
        String[] tempting = {
            "--length", "64", "--steps", "8", "--temperature", "1", "--count", "40", "--keep-after-end"
        };
        CommandLineOutcome free = of("sample", tempting);
        assertTrue(free.out().contains("<|endoftext|>"), free.out());
        String[] endless = Arrays.copyOf(tempting, tempting.length + 1);
        endless[tempting.length] = "--no-end";
        CommandLineOutcome sample = of("sample", endless);
        assertEquals(0, sample.code(), sample.err());
        assertFalse(sample.out().contains("<|endoftext|>"), sample.out());
    }

    @Test
    void sampleTakesRulesOfAllKinds() {
        String[][] rules = {
            {"--sampler", "smdm"},
            {"--sampler", "llada", "--block-length", "4"},
            {"--sampler", "dream", "--order-temperature", "0.5"},
            {"--sampler", "fast", "--threshold", "0.2"},
            {"--sampler", "best", "--remasking-strength", "2", "--remasking", "p2"},
            {"--order", "ancestral", "--steps", "5", "--remasking", "remdm-cap"},
            {"--order", "left-to-right", "--factor", "2"},
            {"--order", "entropy", "--entropy-budget", "1", "--remasking", "edit"},
            {"--schedule", "cosine", "--guidance", "1", "--guidance-interval", "0.5,1"},
            {"--seconds", "0.05", "--stop-at-end", "--end-last"},
            {"--temperature", "1", "--top-k", "20", "--top-p", "0.9", "--repetition-penalty", "1.2"},
        };
        for (String[] rule : rules) {
            String[] all = {"--prompt", "the cat", "--length", "14", "--stats"};
            String[] args = Arrays.copyOf(all, all.length + rule.length);
            System.arraycopy(rule, 0, args, all.length, rule.length);
            CommandLineOutcome sample = of("sample", args);
            assertEquals(0, sample.code(), String.join(" ", rule) + ": " + sample.err());
            assertTrue(sample.out().startsWith("the cat"), sample.out());
            assertTrue(sample.err().contains("NFE "), sample.err());
        }
    }

    @Test
    void rulesThatContradictEachOtherAreRefused() {
        String[][] rules = {
            {"--sampler", "magic"},
            {"--threshold", "0.5", "--factor", "1"},
            {"--schedule", "even", "--seconds", "2"},
            {"--seconds", "2", "--steps", "3"},
            {"--order", "ancestral", "--schedule", "even"},
            {"--order", "random", "--remasking", "p2"},
            {"--remasking", "all"},
            {"--remasking-strength", "1"},
            {"--no-end", "--stop-at-end"},
            {"--guidance-interval", "1,0"},
            {"--guidance-interval", "1"},
            {"--threshold", "7"},
            {"--block-length", "0"},
            {"--batch-global", "--block-length", "4"},
        };
        for (String[] rule : rules) {
            CommandLineOutcome sample = of("sample", rule);
            assertEquals(2, sample.code(), String.join(" ", rule) + ": " + sample.err());
            assertFalse(sample.err().contains("\tat "), sample.err());
        }
    }

    @Test
    void sampleCanBePlanned() {
        CommandLineOutcome plan = of("sample", "--prompt", "the cat", "--length", "12", "--dry-run");
        assertEquals(0, plan.code(), plan.err());
        assertTrue(plan.out().startsWith("sample 1 text of 12 tokens, 1 at a time; at most "), plan.out());
        assertTrue(plan.out().contains("  activations "), plan.out());
    }

    @Test
    void fillPrintsEachFillingWithItsProbability() {
        CommandLineOutcome fill = of("fill", "--alternatives", "2", "the ____ sleeps");
        assertEquals(0, fill.code(), fill.err());
        assertEquals(2, fill.out().lines().filter(line -> line.endsWith("sleeps")).count(), fill.out());
    }

    @Test
    void aTextWithoutABlankIsRefused() {
        CommandLineOutcome fill = of("fill", "the cat sleeps");
        assertEquals(2, fill.code(), fill.err());
        assertTrue(fill.err().contains("____"), fill.err());
    }

    @Test
    void evalMeasuresTheLossOnTheRunsValidationText() {
        CommandLineOutcome eval = of("eval", "--length", "16", "--batch", "2", "--draws", "2");
        assertEquals(0, eval.code(), eval.err());
        assertTrue(eval.out().contains("nats a token, perplexity"), eval.out());
    }

    @Test
    void evalMeasuresTheLikelihoodOfAContinuation() {
        CommandLineOutcome eval = of("eval", "--prefix", "the cat", "--target", " sleeps", "--estimator", "chain_rule");
        assertEquals(0, eval.code(), eval.err());
        assertTrue(eval.out().startsWith("log-likelihood -"), eval.out());
    }

    @Test
    void evalMeasuresFilesOfText() {
        CommandLineOutcome eval =
                of("eval", "--text", text.toString(), "--window", "16", "--stride", "8", "--samples", "16");
        assertEquals(0, eval.code(), eval.err());
        assertTrue(eval.out().matches("(?s)loss \\d.* perplexity .* bits a byte; .* bytes, .* evaluations\\s*"), eval.out());
        CommandLineOutcome lines =
                of("eval", "--text", text.toString(), "--documents", "line", "--samples", "16", "--json");
        assertTrue(lines.out().startsWith("{\"loss\":"), lines.out() + lines.err());
        CommandLineOutcome duel =
                of("eval", "--prefix", "the cat", "--target", " sleeps", "--estimator", "duel", "--order", "margin");
        assertTrue(duel.out().contains("(exact)"), duel.out() + duel.err());
    }

    @Test
    void filesWithoutAnyTextAreRefusedByTheirFlag(@TempDir Path folder) throws IOException {
        Path empty = Files.createFile(folder.resolve("empty.txt"));
        for (String layout : List.of("file", "line", "jsonl")) {
            CommandLineOutcome eval = of("eval", "--text", empty.toString(), "--documents", layout);
            assertEquals(2, eval.code(), eval.err());
            assertTrue(eval.err().contains("--text: found no token to measure"), eval.err());
        }
    }

    @Test
    void unreasonableValuesAreRefused() {
        List<String> accepted = new ArrayList<>();
        for (String[] wrong :
                new String[][] {
                    {"sample", "--length", "0"},
                    {"sample", "--length", "100000"},
                    {"sample", "--length", "12", "--temperature", "-1"},
                    {"sample", "--length", "12", "--rule", "luck"},
                    {"sample", "--length", "2", "--prompt", "the cat sleeps on a mat"},
                    {"sample", "--length", "12", "--steps", "-3"},
                    {"fill", "--tokens", "0", "a ____"},
                    {"fill", "--alternatives", "0", "a ____"},
                    {"eval", "--length", "0"},
                    {"eval", "--length", "5000"},
                    {"eval", "--draws", "0"},
                    {"eval", "--target", ""},
                    {"eval", "--target", "x", "--samples", "0"},
                    {"eval", "--target", "x", "--estimator", "guess"},
                    {"eval", "--data", text.toString()},
                }) {
            CommandLineOutcome outcome = of(wrong);
            if (outcome.code() != 2 || outcome.err().contains("\tat ")) {
                accepted.add(String.join(" ", wrong) + ": " + outcome);
            }
        }
        assertEquals(List.of(), accepted);
    }

    @Test
    void inspectShowsTheCheckpointAndItsTensors() {
        CommandLineOutcome inspect = CommandLineOutcome.of("inspect", run.toString(), "--tensors");
        assertEquals(0, inspect.code(), inspect.err());
        assertTrue(inspect.out().contains("step-00000003"), inspect.out());
        assertTrue(inspect.out().contains("transformer.h.1.mlp.swiglu.w3.weight"), inspect.out());
    }

    @Test
    void inspectListsThePresetsAndShowsOne() {
        assertTrue(CommandLineOutcome.of("inspect").out().contains("2,260,659,456"));
        CommandLineOutcome one = CommandLineOutcome.of("inspect", "170M");
        assertEquals(0, one.code());
        assertTrue(one.out().contains("219,050,496 parameters, 169,897,728 without"), one.out());
    }

    @Test
    void backendsListsTheCpu() {
        CommandLineOutcome backends = CommandLineOutcome.of("backends");
        assertEquals(0, backends.code());
        assertTrue(backends.out().contains("vector: available"), backends.out());
    }

    @Test
    void parityPassesOnTheRecordedFiles() {
        Path golden = Path.of("../../tests/src/test/resources/golden/mdm-tiny");
        CommandLineOutcome parity = CommandLineOutcome.of("parity", golden.toString());
        assertEquals(0, parity.code(), parity.out() + parity.err());
        assertTrue(parity.out().endsWith("parity: passed" + System.lineSeparator()), parity.out());
    }

    private CommandLineOutcome of(String command, String... options) {
        String[] all = new String[options.length + 3];
        all[0] = command;
        all[1] = "--model";
        all[2] = run.toString();
        System.arraycopy(options, 0, all, 3, options.length);
        return CommandLineOutcome.of(all);
    }

    private CommandLineOutcome of(String[] arguments) {
        return of(arguments[0], Arrays.copyOfRange(arguments, 1, arguments.length));
    }
}
