package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Int8Weights;
import dev.unmask.model.WeightFiles;
import dev.unmask.model.tokenizer.WordPieceFile;
import dev.unmask.tensor.io.SafetensorsWriter;
import dev.unmask.tensor.io.StoredTensor;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** The commands on a little BERT as it is published: fine-tuned by adapters, rounded to int8, and with tensors missing. */
class BertCommandsTest {
    private static final Path GOLDEN = Path.of("../../tests/src/test/resources/golden/hf/bert");
    private static final int TOKENS = 199;
    private static final int MASK = 197;

    @TempDir private Path folder;

    private Path bert;

    @BeforeEach
    void write() throws IOException {
        bert = Files.createDirectories(folder.resolve("bert"));
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.copy(GOLDEN.resolve(name), bert.resolve(name));
        }
        List<String> tokens = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"));
        IntStream.rangeClosed('a', 'z').forEach(letter -> tokens.add(Character.toString(letter)));
        IntStream.rangeClosed('a', 'z').forEach(letter -> tokens.add("##" + Character.toString(letter)));
        IntStream.range(tokens.size(), TOKENS).forEach(i -> tokens.add("[unused" + i + "]"));
        tokens.set(MASK, "[MASK]");
        Path vocabulary = Files.write(folder.resolve("vocab.txt"), tokens);
        WordPieceFile.write(vocabulary, bert, true, 64);
    }

    private static CommandLineOutcome succeeds(String... arguments) {
        CommandLineOutcome outcome = CommandLineOutcome.of(arguments);
        assertEquals(0, outcome.code(), () -> outcome.out() + outcome.err());
        return outcome;
    }

    private static void isRefused(String reason, String... arguments) {
        CommandLineOutcome outcome = CommandLineOutcome.of(arguments);
        assertEquals(2, outcome.code(), () -> outcome.out() + outcome.err());
        assertTrue(outcome.err().contains(reason), outcome::err);
    }

    private String[] training(Path from, String name, String... more) throws IOException {
        Path text = Files.writeString(folder.resolve("text.txt"), "the cat sleeps on the mat\n".repeat(40));
        List<String> all =
                new ArrayList<>(
                        List.of("train", "--from", from.toString(), "--data", text.toString(), "--threads", "1"));
        all.addAll(List.of("--steps", "2", "--batch", "2", "--length", "16", "--out", folder.resolve(name).toString()));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void adaptersAreTrainedAndFillIn() throws IOException {
        CommandLineOutcome trained = succeeds(training(bert, "adapted", "--lora", "2"));
        assertTrue(trained.err().contains("adapters of rank 2 on"), trained::err);
        succeeds("fill", "--model", folder.resolve("adapted").toString(), "the ____ sleeps");
        Path merged = folder.resolve("merged");
        succeeds("merge", folder.resolve("adapted").toString(), merged.toString());
        succeeds("export", merged.toString(), folder.resolve("rounded").toString(), "--family", "bert", "--dtype", "int8");
    }

    @Test
    void aModelInInt8IsToldOfFillsInAndIsNotTrained() throws IOException {
        Path int8 = folder.resolve("int8");
        CommandLineOutcome exported =
                succeeds("export", bert.toString(), int8.toString(), "--family", "bert", "--dtype", "int8");
        assertTrue(exported.out().contains("logits: the largest error is 0.0"), exported::out);
        CommandLineOutcome inspected = succeeds("inspect", int8.toString());
        assertTrue(inspected.out().contains("  I8    "), inspected::out);
        assertTrue(inspected.out().contains("every parameter is there"), inspected::out);
        succeeds("fill", "--model", int8.toString(), "the ____ sleeps");
        succeeds("eval", "--model", int8.toString(), "--text", Files.writeString(folder.resolve("t"), "a cat").toString());
        isRefused("found weights in int8, which nothing can be trained with", training(int8, "run"));
        isRefused("found weights in int8, which nothing can be trained with", training(int8, "run", "--lora", "2"));
        Files.copy(GOLDEN.resolve("golden.safetensors"), int8.resolve("golden.safetensors"));
        CommandLineOutcome parity = succeeds("parity", int8.toString());
        assertTrue(parity.out().contains("weights in int8"), parity::out);
    }

    @Test
    void inspectFailsWhereTensorsAreMissing() throws IOException {
        keep(bert.resolve("model.safetensors"), name -> !name.contains("layer.1.attention.self.query"));
        CommandLineOutcome incomplete = CommandLineOutcome.of("inspect", bert.toString());
        assertEquals(2, incomplete.code());
        assertTrue(incomplete.out().contains("missing: 2"), incomplete::out);
        assertTrue(incomplete.out().contains("memory to run"), incomplete::out);
        assertTrue(incomplete.err().contains("2 missing, expected every parameter"), incomplete::err);
    }

    @Test
    void inspectFailsWhereScalesAreMissing() throws IOException {
        Path int8 = folder.resolve("int8");
        succeeds("export", bert.toString(), int8.toString(), "--family", "bert", "--dtype", "int8");
        keep(int8.resolve(Int8Weights.FILE), name -> !name.endsWith("layer.1.attention.self.query.weight_scale"));
        isRefused("1 missing, expected every parameter", "inspect", int8.toString());
    }

    /** Writes a file again with some of its tensors. */
    private void keep(Path file, Predicate<String> kept) throws IOException {
        Path other = folder.resolve("other.safetensors");
        SafetensorsWriter writer = new SafetensorsWriter();
        for (StoredTensor tensor : WeightFiles.open(file).tensors()) {
            if (kept.test(tensor.name())) {
                writer.add(
                        tensor.name(),
                        tensor.type(),
                        tensor.shape(),
                        (from, target) -> target.copyFrom(tensor.data().asSlice(from, target.byteSize())));
            }
        }
        writer.write(other);
        Files.delete(file);
        Files.move(other, file);
    }
}
