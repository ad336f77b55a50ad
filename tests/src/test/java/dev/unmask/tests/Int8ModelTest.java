package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Exchange;
import dev.unmask.model.Family;
import dev.unmask.model.Initialization;
import dev.unmask.model.Int8Weights;
import dev.unmask.model.Linear;
import dev.unmask.model.Merge;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.ParameterSpec;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.model.WeightFiles;
import dev.unmask.model.Weights;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.io.SafetensorsWriter;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.parity.Parity;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Models of every family are written with weights in int8, and compute nearly what they did. */
class Int8ModelTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden/hf");

    private static final int LENGTH = 9;

    @TempDir private Path work;

    private Path exported(Path source, String family, Optional<StoredType> type) throws IOException {
        Path target = work.resolve("exported" + System.nanoTime());
        Exchange.exportModel(ModelFolder.open(source), target, Family.named(family).orElseThrow(), type);
        return target;
    }

    private static Map<String, byte[]> bytes(Path folder) throws IOException {
        Map<String, byte[]> bytes = new TreeMap<>();
        for (StoredTensor tensor : WeightFiles.open(ModelFolder.open(folder).weights()).tensors()) {
            bytes.put(tensor.name() + " " + tensor.type(), tensor.data().toArray(ValueLayout.JAVA_BYTE));
        }
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({
        "a2d, a2d",
        "bert, bert",
        "dream, dream",
        "llada, llada",
        "llama, llama",
        "llama-tied, llama",
        "qwen2, qwen2",
        "qwen3, qwen3"
    })
    void everyFamilyIsWrittenReadAndComputed(String folder, String family) throws IOException {
        Path published = GOLDEN.resolve(folder);
        Path int8 = exported(published, family, Optional.of(StoredType.I8));
        ModelFolder model = ModelFolder.open(int8);
        ModelConfig before = ModelFolder.open(published).config();
        assertEquals(before.withNetwork(before.network().withOwnHead()), model.config());
        assertEquals(Int8Weights.FILE, model.weights().getFileName().toString());
        assertFalse(Files.exists(int8.resolve(ModelFolder.WEIGHTS)), "others would misread it");
        for (ParameterSpec spec : model.config().parameters()) {
            StoredTensor tensor =
                    Weights.find(model.config(), WeightFiles.open(model.weights()), model.family()).get(spec.name());
            assertEquals(Int8Weights.mayBe(spec), tensor.type() == StoredType.I8, spec.name());
        }
        Files.copy(published.resolve("golden.safetensors"), int8.resolve("golden.safetensors"));
        try (Backend vector = Backends.cpu(BackendOptions.defaults());
                Backend exact = new ExactBackend()) {
            for (Backend backend : new Backend[] {vector, exact}) {
                for (Parity.Comparison comparison : Parity.check(backend, int8)) {
                    assertTrue(comparison.passes(), comparison::toString);
                    assertTrue(comparison.error() > 1e-5, () -> comparison + " is of weights that were not rounded");
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"llada, llada", "bert, bert", "dream, dream"})
    void importAndExportKeepTheIntegersAndTheirScales(String folder, String family) throws IOException {
        Path int8 = exported(GOLDEN.resolve(folder), family, Optional.of(StoredType.I8));
        Path own = work.resolve("own");
        Exchange.importModel(ModelFolder.open(int8), own);
        assertSame(int8, exported(own, family, Optional.empty()));
        assertSame(int8, exported(own, family, Optional.of(StoredType.I8)));
        assertSame(
                int8,
                exported(exported(int8, family, Optional.of(StoredType.F32)), family, Optional.of(StoredType.I8)));
    }

    private static void assertSame(Path expected, Path found) throws IOException {
        Map<String, byte[]> before = bytes(expected);
        Map<String, byte[]> after = bytes(found);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, content) -> assertArrayEquals(content, after.get(name), name));
    }

    @Test
    void aFusedMatrixIsTakenApartAndPutTogetherWithItsScales() throws IOException {
        Path trained = trained();
        Path fused = exported(trained, "smdm", Optional.of(StoredType.I8));
        Path apart = exported(exported(trained, "llada", Optional.empty()), "llada", Optional.of(StoredType.I8));
        assertSame(apart, exported(fused, "llada", Optional.empty()));
        try (Backend backend = Backends.cpu(BackendOptions.defaults())) {
            float[] before = logits(ModelFolder.open(fused).load(backend, Weights.Use.INFERENCE), backend);
            float[] after = logits(ModelFolder.open(apart).load(backend, Weights.Use.INFERENCE), backend);
            for (int row = 0; row < LENGTH; row++) {
                for (int j = 0; j < 40; j++) {
                    // The family's head has a row for the mask token.
                    assertEquals(before[row * 40 + j], after[row * 41 + j]);
                }
            }
        }
    }

    private Path trained() throws IOException {
        ModelConfig config = new ModelConfig(2, 4, 32, 48, 40, 2, false, 1e-5f, 10000, false, 64);
        Path folder = work.resolve("trained");
        try (Backend backend = Backends.cpu(BackendOptions.defaults())) {
            ModelFolder.save(Initialization.of(backend, config, 3407), folder);
        }
        return folder;
    }

    private static float[] logits(Transformer model, Backend backend) {
        TokenBatch input = TokenBatch.allocate(backend, model.config(), 1, LENGTH);
        input.ids().set(3, 1, 4, 1, 5, 9, 2, 6, 5);
        Tensor logits = backend.allocate("logits", DType.F32, Shape.of(LENGTH, model.config().vocabulary()));
        backend.record(
                        recorder -> {
                            Ops ops = Ops.inference(recorder, Precision.F32);
                            recorder.add(new Copy(model.logits(ops, model.hidden(ops, input)), logits));
                        })
                .run();
        return logits.floats();
    }

    @Test
    void adaptersAddToWeightsInInt8() throws IOException {
        Path plain = GOLDEN.resolve("bert");
        Path int8 = exported(plain, "bert", Optional.of(StoredType.I8));
        try (Backend backend = Backends.cpu(BackendOptions.defaults())) {
            Transformer model = ModelFolder.open(int8).load(backend, Weights.Use.INFERENCE);
            String name = "transformer.h.1.attn.proj.weight";
            int width = model.config().width();
            Tensor down = backend.allocate("down", DType.F32, Shape.of(1, width));
            Tensor up = backend.allocate("up", DType.F32, Shape.of(width, 1));
            float[] ones = new float[width];
            Arrays.fill(ones, 1);
            down.set(ones);
            ones[0] = 40;
            up.set(ones);
            Map<String, Linear.Adapter> added = Map.of(name, new Linear.Adapter(down, up, 0.5f));
            Transformer exact = ModelFolder.open(plain).load(backend, Weights.Use.INFERENCE);
            float[] without = logits(exact, backend);
            float[] expected = logits(exact.withAdapters(added), backend);
            float[] found = logits(model.withAdapters(added), backend);
            assertTrue(distance(expected, without) > 5 * distance(expected, found), "the adapter does nothing");
        }
    }

    private static double distance(float[] one, float[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += Math.pow((double) one[i] - other[i], 2);
        }
        return Math.sqrt(sum);
    }

    @Test
    void nothingIsTrainedOrMerged() throws IOException {
        ModelFolder int8 = ModelFolder.open(exported(GOLDEN.resolve("bert"), "bert", Optional.of(StoredType.I8)));
        try (Backend backend = Backends.cpu(BackendOptions.defaults())) {
            assertTrue(
                    refusal(() -> int8.load(backend, Weights.Use.TRAINING)).contains("found weights in int8, which"));
        }
        ModelFolder adapted = int8.withAdapter(new ModelFolder.AdapterFolder(work, 1));
        assertTrue(refusal(() -> Merge.write(adapted, work.resolve("merged"), Optional.empty())).contains("in int8"));
    }

    @Test
    void damagedScalesAreRefusedByName() throws IOException {
        String weight = "transformer.h.1.attn.proj.weight";
        assertTrue(refusal(weight + "_scale", Optional.empty()).contains(weight + "_scale [32] is missing"));
        assertTrue(
                refusal(weight + "_scale", of(weight + "_scale", StoredType.F32, Shape.of(31)))
                        .contains(weight + "_scale: found F32[31], expected F32[32], a scale for each row"));
        assertTrue(
                refusal(weight + "_scale", of(weight + "_scale", StoredType.BF16, Shape.of(32)))
                        .contains(weight + "_scale: found BF16[32], expected F32[32]"));
        Optional<StoredTensor> infinite = of(weight + "_scale", StoredType.F32, Shape.of(32));
        infinite.orElseThrow().data().set(ValueLayout.JAVA_FLOAT, 12, Float.POSITIVE_INFINITY);
        assertTrue(refusal(weight + "_scale", infinite).contains(weight + "_scale: found Infinity at [3]"));
        String embedding = "transformer.wte.weight";
        assertTrue(
                refusal(embedding, of(embedding, StoredType.I8, Shape.of(41, 32)))
                        .contains(embedding + ": found type I8, expected F32, BF16, F16 or F64"));
        assertTrue(
                refusal(weight, of(weight, StoredType.F32, Shape.of(32, 32)))
                        .contains("found parameter " + weight + "_scale, which the configuration lacks"));
    }

    private static Optional<StoredTensor> of(String name, StoredType type, Shape shape) {
        return Optional.of(
                new StoredTensor(name, type, shape, Arena.ofAuto().allocate(shape.elements() * type.bytes(), 8)));
    }

    /** What is said of a model in int8 of which one tensor is another, or none. */
    private String refusal(String name, Optional<StoredTensor> other) throws IOException {
        Path good = work.resolve("good");
        if (!Files.exists(good)) {
            Exchange.exportModel(
                    ModelFolder.open(trained()), good, Family.named("smdm").orElseThrow(), Optional.of(StoredType.I8));
        }
        Path bad = Files.createDirectories(work.resolve("bad"));
        Files.write(bad.resolve("config.json"), Files.readAllBytes(good.resolve("config.json")));
        SafetensorsWriter writer = new SafetensorsWriter();
        for (StoredTensor tensor : WeightFiles.open(ModelFolder.open(good).weights()).tensors()) {
            Optional<StoredTensor> written = tensor.name().equals(name) ? other : Optional.of(tensor);
            written.ifPresent(found ->
                    writer.add(
                            found.name(),
                            found.type(),
                            found.shape(),
                            (from, target) -> target.copyFrom(found.data().asSlice(from, target.byteSize()))));
        }
        writer.write(bad.resolve(Int8Weights.FILE));
        try (Backend backend = Backends.cpu(BackendOptions.defaults())) {
            return refusal(() -> ModelFolder.open(bad).load(backend, Weights.Use.INFERENCE));
        }
    }

    private static String refusal(Executable call) {
        return assertThrows(InputException.class, call).getMessage();
    }
}
