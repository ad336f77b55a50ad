package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import picocli.CommandLine.Command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;

/** What a user gets wrong is refused with exit code 2 and a sentence, never with a stack trace. */
class RefusedInputTest {
    @TempDir private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "demo",
                "experiment",
                "train",
                "sample",
                "fill",
                "eval",
                "tasks",
                "plot",
                "inspect",
                "import",
                "export",
                "backends",
                "bench",
                "parity"
            })
    void everyCommandHasHelpWithExamples(String command) {
        CommandLineOutcome help = CommandLineOutcome.of(command, "--help");
        assertEquals(0, help.code(), help.err());
        assertTrue(help.out().contains("Usage: unmask " + command), help.out());
        assertTrue(help.out().contains("Example"), help.out());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "trian | trian: there is no such command; did you mean train",
                "experiment reversl | reversl: there is no such command; did you mean reversal",
                "train --colour red | --colour: there is no such option",
                "sample --lenght 5 --model none | --lenght: there is no such option; did you mean --length",
                "fill --model none a ____ b | ____: found one argument too many",
                "train --steps many | --steps: found many, expected a whole number",
                "sample --model none --temperature warm | --temperature: found warm, expected a number",
                "train --precision fp16 | --precision: found fp16, expected f32, tf32 or bf16",
                "bench gem | CASE: found gem, expected train, forward, sample, gemm or attention",
                "train --validation -1 | --validation: found -1.0, expected no number below 0",
                "train --ema NaN | --ema: found NaN, expected a number",
                "plot missing/run --out curve.jpg | --out: found curve.jpg, expected the name of a file that ends in .png",
                "inspect 171M | found no file or folder 171M, and no preset of that name; expected a path, or one of tiny",
                "eval --model none --text a.txt --documents page | --documents: found page, expected file, line or jsonl",
                "fill --model none --tokens 0 a____ | --tokens: found 0, expected at least 1",
                "train --steps 0 --print-config | steps: found 0, expected at least 1",
                "train --steps 1 --dry-run --threads 1000000 | --threads: found 1000000",
                "train --preset huge --print-config | preset: found huge, expected one of tiny",
                "train --set trainer.adamw.beta3=1 --print-config | unknown key trainer.adamw.beta3",
                "train --set trainer.steps --print-config | expected key=value",
                "train --set trainer.steps=x --print-config | trainer.steps: found \"x\", expected a whole number",
                "train --set trainer.precision=fp8 --print-config | found \"fp8\", expected one of f32, tf32, bf16",
                "train --set trainer.stepz.x=1 --print-config | there is no group stepz",
                "train --batch 7 --micro-batch 2 --print-config | --micro-batch 2 does not divide batch 7",
                "train --lr -1 --print-config | --lr: found -1.0, expected no number below 0",
                "train --shard-optimizer | --shard-optimizer: found one process, expected several",
                "sample | --model",
                "sample --model missing/run | missing/run",
                "sample --model missing/run --count 0 | --count: found 0, expected 1 to",
                "sample --model missing/run --threads 0 | --threads: found 0, expected 1 to",
                "sample --model missing/run --backend abacus | backend: found abacus, expected one of vector",
                "fill --model missing/run a____b | missing/run",
                "fill --model missing/run | TEXT",
                "eval --model missing/run | missing/run",
                "plot | RUN",
                "plot missing/run | found no metrics.jsonl in missing/run",
                "plot missing/run --over weeks | weeks",
                "inspect missing.safetensors | missing.safetensors",
                "parity missing/golden | missing/golden",
            })
    void aWrongArgumentIsNamed(String arguments, String sentence) {
        refused(sentence, arguments.split(" "));
    }

    @Test
    void anArgumentThatTheJvmCouldNotReadIsRefused() {
        refused("argument 4, caf\uFFFD: found bytes that are not UTF-8", "fill", "--model", "x", "caf\uFFFD");
    }

    @Test
    void aPathThatNoFileCanHaveIsRefused() {
        refused("no file can be called", "inspect", "run\0s");
    }

    @Test
    void aTextThatBeginsWithAnAtSignIsNotReadAsAFileOfOptions() throws IOException {
        Path options = Files.writeString(folder.resolve("options"), "--version");
        refused("--model", "fill", "@" + options);
    }

    @Test
    void noCommandListsTheCommands() {
        refused("demo, data, experiment, recipes, records, train, sample, fill, serve, eval, tasks, plot, inspect, import, export, merge, backends, bench, parity, completion");
    }

    @Test
    void resumingWhereThereIsNothingIsRefused() {
        refused("has no checkpoint; start without --resume", "train", "--resume", "--out", folder.toString());
    }

    @Test
    void aTextThatIsNotThereIsRefused() {
        String missing = folder.resolve("missing.txt").toString();
        refused(missing, "train", "--out", folder.resolve("run").toString(), "--data", missing);
    }

    @Test
    void aDocumentThatIsNoJsonIsRefusedByItsLine() throws IOException {
        Path file = Files.writeString(folder.resolve("texts.jsonl"), "{\"text\": \"a\"}\nnonsense\n");
        refused("texts.jsonl", "train", "--out", folder.resolve("run").toString(), "--data", file.toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{ | line 1",
                "[] | expected a JSON object",
                "{\"pre\": 1} | unknown key pre",
                "{\"preset\": \"tiny\", \"preset\": \"6M\"} | Duplicate",
                "{\"trainer\": {\"batch\": \"many\"}} | trainer.batch",
                "{\"trainer\": {\"batch\": 1.5}} | trainer.batch",
                "{\"trainer\": {\"short_ratio\": 2}} | short_ratio: found 2.0",
                "{\"data\": {\"vocabulary\": 3}} | vocabulary: found 3",
                "{\"data\": {\"sources\": null}} | sources",
                "{\"data\": {\"sources\": [null]}} | sources",
                "{\"data\": 5} | data",
                "{\"trainer\": []} | trainer",
                "{\"trainer\": {\"learning_rate\": 1e-3}} | learning_rate",
                "{\"validation\": {\"every\": -1}} | every",
                "{\"validation\": {\"batches\": 0}} | batches",
                "{\"checkpoint\": {\"keep\": 0}} | keep",
                "{\"preset\": null} | preset",
                "{\"trainer\": {\"batch\": 2000000000}} | batch: found 2000000000, expected at most 16777216",
                "{\"trainer\": {\"batch\": 99999999999}} | trainer.batch",
                "{\"trainer\": {\"length\": 2000000000}} | length: found 16 × 2000000000",
                "{\"trainer\": {\"batch\": 1000000, \"length\": 2048}} | length: found 1000000 × 2048",
                "{\"trainer\": {\"steps\": 9223372036854775807}} | steps: found 9223372036854775807, expected at most",
                "{\"trainer\": {\"steps\": 1e300}} | steps",
                "{\"trainer\": {\"learning_rate\": {\"peak\": 1e400}}} | learning rate: found peak Infinity",
                "{\"trainer\": {\"adamw\": {\"epsilon\": 1e300}}} | epsilon: found 1.0E300",
                "{\"trainer\": {\"adamw\": {\"weight_decay\": 1e300}}} | weight_decay: found 1.0E300",
                "{\"data\": {\"vocabulary\": 2147483647}} | vocabulary: found 2147483647",
                "{\"validation\": {\"draws\": 2147483647}} | validation.draws: found 2147483647",
            })
    void aMalformedRunConfigurationIsRefused(String json, String sentence) throws IOException {
        Path file = Files.writeString(folder.resolve("run.json"), json);
        refused(sentence, "train", "--config", file.toString(), "--print-config");
    }

    @Test
    void aConfigurationFileThatIsNotThereIsRefused() {
        refused("none.json", "train", "--config", "none.json", "--print-config");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | n_layer is missing",
                "{\"n_layer\":2,\"n_head\":7,\"n_embd\":512,\"intermediate_size\":8,\"vocab_size\":9} "
                        + "| n_head 7 does not divide n_embd 512",
                "{\"n_layer\":2,\"n_head\":2,\"n_embd\":8,\"intermediate_size\":8,\"vocab_size\":9,\"x\":1} "
                        + "| unknown key x",
                "nonsense | line 1",
            })
    void aMalformedModelConfigurationIsRefused(String json, String sentence) throws IOException {
        Files.writeString(folder.resolve("config.json"), json);
        Files.write(folder.resolve("model.safetensors"), new byte[] {2, 0, 0, 0, 0, 0, 0, 0, '{', '}'});
        refused(sentence, "inspect", folder.toString());
        refused(sentence, "sample", "--model", folder.toString());
    }

    @Test
    void malformedWeightsAreRefused() throws IOException {
        Path file = folder.resolve("broken.safetensors");
        Files.write(file, new byte[] {9, 0, 0, 0, 0, 0, 0, 0, '{'});
        refused("broken.safetensors", "inspect", file.toString());
        refused("broken.safetensors", "sample", "--model", file.toString());
        Files.write(file, new byte[0]);
        refused("broken.safetensors", "inspect", file.toString());
    }

    @Test
    void aFolderThatIsNoModelIsRefused() {
        refused("no model there", "inspect", folder.toString());
    }

    private static void refused(String sentence, String... arguments) {
        CommandLineOutcome outcome = CommandLineOutcome.of(arguments);
        assertEquals(2, outcome.code(), () -> outcome.out() + outcome.err());
        assertTrue(outcome.err().contains(sentence), outcome.err());
        assertFalse(outcome.err().contains("\tat "), outcome.err());
        assertFalse(outcome.err().contains("Exception"), outcome.err());
    }

    /** A command that ends by an error, which no handler of exceptions sees. */
    @Command(name = "failing")
    private static final class Failing implements Callable<Integer> {
        private final Error error;

        Failing(Error error) {
            this.error = error;
        }

        @Override
        public Integer call() {
            StopSignal.on(() -> {});
            throw error;
        }
    }

    @Test
    void memoryThatRunsOutIsSaidAndNoInterruptWaitsForTheCommand() {
        CommandLineOutcome outcome =
                CommandLineOutcome.of(() -> Main.run(new Failing(new OutOfMemoryError("no room for 7 bytes"))));
        assertEquals(2, outcome.code());
        assertTrue(outcome.err().contains("no room for 7 bytes; give what lies outside the heap more"), outcome.err());
        assertFalse(StopSignal.wanted());
        outcome = CommandLineOutcome.of(() -> Main.run(new Failing(new OutOfMemoryError("Java heap space"))));
        assertEquals(2, outcome.code());
        assertTrue(outcome.err().contains("Java heap space; the JVM's heap has "), outcome.err());
        assertTrue(outcome.err().contains("UNMASK_JAVA_OPTS=-Xmx"), outcome.err());
    }

    @Test
    void noInterruptWaitsForACommandThatEndedByAnError() {
        StackOverflowError error = new StackOverflowError();
        assertSame(error, assertThrows(StackOverflowError.class, () -> Main.run(new Failing(error))));
        assertFalse(StopSignal.wanted());
    }
}
