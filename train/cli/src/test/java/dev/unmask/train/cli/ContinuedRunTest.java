package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.json.StrictJson;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** What {@code --resume} and {@code --from} keep, what they let change, and that they say so. */
@TestInstance(Lifecycle.PER_CLASS)
class ContinuedRunTest {
    private Path folder;
    private Path text;

    /** A masked run of two steps, with a tokenizer trained on the text. */
    private Path masked;

    /** A causal run of one step. */
    private Path causal;

    @BeforeAll
    void train(@TempDir Path parent) throws IOException {
        folder = parent;
        text = write("text.txt", "the cat");
        masked = begin("masked run", text, "bpe", 2);
        causal = begin("causal", text, "bpe", 1, "--causal");
    }

    private Path write(String name, String subject) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 200; i++) {
            lines.append(subject)
                    .append(" number ")
                    .append(i)
                    .append(" sleeps on mat ")
                    .append(i * 7 % 31)
                    .append('\n');
        }
        return Files.writeString(folder.resolve(name), lines);
    }

    private Path begin(String name, Path data, String tokenizer, int steps, String... more) {
        Path run = folder.resolve(name);
        List<String> options = new ArrayList<>(List.of("--preset", "tiny", "--tokenizer", tokenizer));
        if (tokenizer.equals("bpe")) {
            options.addAll(List.of("--vocab", "300"));
        }
        options.addAll(List.of(more));
        CommandLineOutcome begun = start(run, data, steps, options.toArray(String[]::new));
        assertEquals(0, begun.code(), begun.err());
        return run;
    }

    private static CommandLineOutcome start(Path run, Path data, int steps, String... more) {
        return train(
                run,
                Stream.concat(
                                Stream.of(
                                        "--data",
                                        data.toString(),
                                        "--steps",
                                        Integer.toString(steps),
                                        "--batch",
                                        "2",
                                        "--length",
                                        "16",
                                        "--set",
                                        "data.validation_fraction=0.2"),
                                Stream.of(more))
                        .toArray(String[]::new));
    }

    private static CommandLineOutcome train(Path run, String... options) {
        return CommandLineOutcome.of(
                Stream.concat(Stream.of("train", "--out", run.toString()), Stream.of(options)).toArray(String[]::new));
    }

    private CommandLineOutcome resume(Path run, String... options) {
        return train(run, Stream.concat(Stream.of("--resume"), Stream.of(options)).toArray(String[]::new));
    }

    private static void refused(CommandLineOutcome outcome, String sentence) {
        assertEquals(2, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains(sentence), outcome.err());
        assertFalse(outcome.err().contains("\tat "), outcome.err());
    }

    private static Path checkpoint(Path run, int step) {
        return run.resolve("checkpoints").resolve("step-0000000" + step);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--preset 6M | preset: found \"6M\", but the run began with \"tiny\"",
                "--causal | causal: found true, but the run began with false",
                "--documents file | data.documents: found \"file\", but the run began with \"line\"",
                "--vocab 400 | data.vocabulary: found 400, but the run began with 300",
                "--from elsewhere | from: found \"elsewhere\", but the run began with \"\"",
                "--set data.validation_fraction=0.5 | data.validation_fraction: found 0.5",
                "--steps 1 | --steps: found 1, but the run has made 2 steps already; pass more to go on",
                "--warmup 9 --steps 9 | learning_rate.warmup: found 9 steps, expected fewer than the run's 9",
                "--tokenizer bytes | --resume: bytes: found another tokenizer than the run's",
                "--recipe mdm | --recipe: found it beside --resume, but the run keeps what it began with",
                "--epochs 2 | --epochs: found it beside --resume, expected the steps at which the run is to end",
                "--flops 1e12 | --flops: found it beside --resume, expected the steps at which the run is to end",
            })
    void aResumedRunKeepsItsModelAndItsText(String options, String sentence) {
        refused(resume(masked, options.split(" ")), sentence);
    }

    @Test
    void whatAResumedRunDoesOtherwiseIsSaid() {
        CommandLineOutcome plan = resume(masked, "--steps", "40", "--batch", "4", "--preset", "tiny", "--dry-run");
        assertEquals(0, plan.code(), plan.err());
        List<String> said = plan.err().lines().filter(line -> line.startsWith("--resume: ")).toList();
        assertEquals(
                List.of(
                        "--resume: trainer.batch is 4 from here on, it was 2",
                        "--resume: trainer.micro_batch is 4 from here on, it was 2",
                        "--resume: trainer.steps is 40 from here on, it was 2",
                        "--resume: the learning rate goes on from 0.000994, by the schedule before it would be"
                                + " 0.000100"),
                said);
    }

    @Test
    void aResumedRunThatChangesNothingSaysNothing() {
        CommandLineOutcome plan = resume(causal, "--causal", "--seed", "3407", "--dry-run");
        assertEquals(0, plan.code(), plan.err());
        assertEquals(
                List.of("--resume: the run has made all of its 1 steps; to go on pass more by --steps"),
                plan.err().lines().filter(line -> line.startsWith("--resume: ")).toList());
    }

    @ParameterizedTest
    @CsvSource({"bytes", "bpe"})
    void aRunWhoseTextHasChangedIsRefusedAndLeftAsItWas(String tokenizer) throws IOException {
        Path changing = write("changing-" + tokenizer + ".txt", "the cat");
        Path run = begin("changing-" + tokenizer, changing, tokenizer, 1);
        byte[] tokens = Files.readAllBytes(run.resolve("data/training.tokens"));
        byte[] manifest = Files.readAllBytes(run.resolve("data/data.json"));
        write("changing-" + tokenizer + ".txt", "the dog");
        refused(resume(run, "--steps", "2"), changing + " has changed");
        assertEquals(-1, Arrays.mismatch(tokens, Files.readAllBytes(run.resolve("data/training.tokens"))));
        assertEquals(-1, Arrays.mismatch(manifest, Files.readAllBytes(run.resolve("data/data.json"))));
        Files.delete(changing);
        CommandLineOutcome more = resume(run, "--steps", "2");
        assertEquals(0, more.code(), more.err());
        assertTrue(more.err().contains(changing + " is no longer there"), more.err());
        assertTrue(Files.exists(checkpoint(run, 2)));
    }

    @Test
    void aTokenizerFileThatHasChangedIsRefused() throws IOException {
        Path tokenizer = Files.copy(checkpoint(masked, 2).resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        Path run = begin("named", text, tokenizer.toString(), 1);
        Path other = begin("other", write("other.txt", "a large dog"), "bpe", 1);
        Files.delete(tokenizer);
        assertEquals(0, resume(run, "--dry-run").code());
        Files.copy(checkpoint(other, 1).resolve("tokenizer.json"), tokenizer);
        refused(resume(run, "--steps", "2"), tokenizer + ": found another tokenizer than the run's");
    }

    @Test
    void aModelStartedFromBringsItsSizeItsKindItsTokenizerAndItsLearningRate() {
        CommandLineOutcome config = train(folder.resolve("new"), "--from", causal.toString(), "--print-config");
        assertEquals(0, config.code(), config.err());
        var tree = StrictJson.parse(config.out(), "configuration");
        assertEquals("", tree.path("preset").asText());
        assertTrue(tree.path("causal").asBoolean());
        assertEquals(
                checkpoint(causal, 1).resolve("tokenizer.json").toString(),
                tree.path("data").path("tokenizer").asText());
        assertEquals(1e-3, tree.path("trainer").path("learning_rate").path("peak").asDouble());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--preset small | --preset: found small beside --from",
                "--causal | --causal: found true, but the model",
                "--tokenizer bpe | --tokenizer: found bpe beside --from",
                "--tokenizer bytes | --tokenizer: found bytes, which is another tokenizer than the model's",
                "--vocab 400 | --vocab: found 400, but the tokenizer",
                "--set preset=small | --preset: found small beside --from",
                "--set data.tokenizer=bytes | --tokenizer: found bytes, which is another tokenizer",
            })
    void whatAModelStartedFromDecidesCannotBeAskedForOtherwise(String options, String sentence) {
        String[] all =
                Stream.concat(Stream.of("--from", masked.toString()), Stream.of(options.split(" ")))
                        .toArray(String[]::new);
        refused(train(folder.resolve("new"), all), sentence);
        assertFalse(Files.exists(folder.resolve("new")));
    }

    @Test
    void aModelWithoutATokenizerNeedsOne() throws IOException {
        Path model = Files.createDirectory(folder.resolve("bare"));
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(checkpoint(masked, 2).resolve(file), model.resolve(file));
        }
        String[] from = {"--from", model.toString(), "--dry-run"};
        refused(train(folder.resolve("new"), from), "pass the --tokenizer that the model was trained with");
        String tokenizer = checkpoint(masked, 2).resolve("tokenizer.json").toString();
        CommandLineOutcome started =
                start(folder.resolve("bare run"), text, 1, "--from", model.toString(), "--tokenizer", tokenizer);
        assertEquals(0, started.code(), started.err());
        CommandLineOutcome more = resume(folder.resolve("bare run"), "--steps", "2");
        assertEquals(0, more.code(), more.err());
    }

    @Test
    void theDemoLeavesAnotherRunAsItIs() throws IOException {
        byte[] manifest = Files.readAllBytes(masked.resolve("data/data.json"));
        for (List<String> demo : List.of(List.of("demo"), List.of("demo", "definitions"))) {
            List<String> arguments = new ArrayList<>(demo);
            arguments.addAll(List.of("--out", masked.toString()));
            CommandLineOutcome refused = CommandLineOutcome.of(arguments.toArray(String[]::new));
            refused(refused, "holds another run than this demo's");
            refused(refused, "go on with: unmask train --resume --out '");
        }
        assertEquals(-1, Arrays.mismatch(manifest, Files.readAllBytes(masked.resolve("data/data.json"))));
    }

    @Test
    void evalRefusesTokensOfAnotherTokenizer() throws IOException {
        Path other = begin("eval", write("eval.txt", "a large dog"), "bpe", 1);
        CommandLineOutcome eval =
                CommandLineOutcome.of(
                        "eval",
                        "--model",
                        masked.toString(),
                        "--data",
                        other.resolve("data/validation.tokens").toString());
        refused(eval, "packed with tokenizer ");
    }
}
