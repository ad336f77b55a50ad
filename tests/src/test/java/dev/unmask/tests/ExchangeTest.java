package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Exchange;
import dev.unmask.model.Family;
import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.model.WeightFiles;
import dev.unmask.model.Weights;
import dev.unmask.tensor.BFloat16;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Models go into Unmask's folders and out to families without a byte of a weight changed. */
class ExchangeTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @TempDir private Path work;

    private static Map<String, byte[]> bytes(Path folder) throws IOException {
        Map<String, byte[]> bytes = new TreeMap<>();
        for (StoredTensor tensor : WeightFiles.open(ModelFolder.open(folder).weights()).tensors()) {
            bytes.put(tensor.name() + " " + tensor.type(), tensor.data().toArray(ValueLayout.JAVA_BYTE));
        }
        return bytes;
    }

    private static void assertSameTensors(Path expected, Path found) throws IOException {
        Map<String, byte[]> before = bytes(expected);
        Map<String, byte[]> after = bytes(found);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, content) -> assertArrayEquals(content, after.get(name), name));
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
    void whatIsImportedAndExportedIsTheSameModel(String folder, String family) throws IOException {
        Path published = GOLDEN.resolve("hf").resolve(folder);
        Path own = work.resolve("own");
        Path back = work.resolve("back");
        Exchange.importModel(ModelFolder.open(published), own);
        Exchange.exportModel(ModelFolder.open(own), back, Family.named(family).orElseThrow(), Optional.empty());
        assertSameTensors(published, back);
        assertEquals(ModelFolder.open(published).config(), ModelFolder.open(back).config());
        assertEquals(ModelFolder.open(published).config(), ModelFolder.open(own).config());
        assertEquals(ModelFolder.open(published).tokens(), ModelFolder.open(back).tokens());
    }

    @Test
    void aNumberThatIsNotFiniteIsRefusedBeforeAnythingIsWritten() throws IOException {
        Path damaged = Files.createDirectories(work.resolve("damaged"));
        Path published = GOLDEN.resolve("hf").resolve("bert");
        Files.copy(published.resolve("config.json"), damaged.resolve("config.json"));
        byte[] content = Files.readAllBytes(published.resolve("model.safetensors"));
        ByteBuffer bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putFloat((int) bytes.getLong(0) + Long.BYTES + 400, Float.NaN);
        Files.write(damaged.resolve("model.safetensors"), content);
        Path target = work.resolve("target");
        InputException refused =
                assertThrows(InputException.class, () -> Exchange.importModel(ModelFolder.open(damaged), target));
        assertTrue(refused.getMessage().contains("found NaN at "), refused.getMessage());
        assertFalse(Files.exists(target));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aModelTrainedHereComputesTheSameInAnotherFamily(boolean causal) throws IOException {
        ModelConfig config = new ModelConfig(2, 4, 32, 48, 40, 2, causal, 1e-5f, 10000, false, 64);
        Path own = work.resolve("own");
        Path other = work.resolve("other");
        Path again = work.resolve("again");
        try (Backend backend = Backends.cpu(BackendOptions.defaults())) {
            ModelFolder.save(Initialization.of(backend, config, 3407), own);
            Family family = Family.named(causal ? "llama" : "llada").orElseThrow();
            Exchange.exportModel(ModelFolder.open(own), other, family, Optional.empty());
            float[] expected = logits(backend, own);
            float[] found = logits(backend, other);
            int columns = causal ? 40 : 41;
            for (int row = 0; row < 9; row++) {
                assertArrayEquals(
                        Arrays.copyOfRange(expected, row * 40, row * 40 + 40),
                        Arrays.copyOfRange(found, row * columns, row * columns + 40),
                        1e-6f);
            }
        }
        if (causal) {
            Exchange.exportModel(ModelFolder.open(other), again, Family.named("smdm").orElseThrow(), Optional.empty());
            assertSameTensors(own, again);
            assertEquals(config, ModelFolder.open(again).config());
        }
    }

    private static float[] logits(Backend backend, Path folder) throws IOException {
        Transformer model = ModelFolder.open(folder).load(backend, Weights.Use.INFERENCE);
        TokenBatch input = TokenBatch.allocate(backend, model.config(), 1, 9);
        input.ids().set(3, 1, 4, 1, 5, 9, 2, 6, 5);
        Tensor result = backend.allocate("logits", DType.F32, Shape.of(9, model.config().vocabulary()));
        backend.record(
                        recorder -> {
                            Ops ops = Ops.inference(recorder, Precision.F32);
                            recorder.add(new Copy(model.logits(ops, model.hidden(ops, input)), result));
                        })
                .run();
        return result.floats();
    }

    @Test
    void weightsAreRoundedToTheTypeThatIsAskedFor() throws IOException {
        Path published = GOLDEN.resolve("hf/llama");
        Path narrow = work.resolve("narrow");
        Path wide = work.resolve("wide");
        Family llama = Family.named("llama").orElseThrow();
        Exchange.exportModel(ModelFolder.open(published), narrow, llama, Optional.of(StoredType.BF16));
        Exchange.exportModel(ModelFolder.open(narrow), wide, llama, Optional.of(StoredType.F32));
        assertTrue(bytes(narrow).keySet().stream().allMatch(name -> name.endsWith(" BF16")));
        WeightFiles exact = WeightFiles.open(published.resolve("model.safetensors"));
        WeightFiles rounded = WeightFiles.open(wide.resolve("model.safetensors"));
        for (StoredTensor tensor : exact.tensors()) {
            float[] expected = tensor.floats();
            float[] found = rounded.tensor(tensor.name()).orElseThrow().floats();
            for (int i = 0; i < expected.length; i++) {
                assertEquals(BFloat16.round(expected[i]), found[i]);
            }
        }
    }

    @Test
    void aFolderThatHoldsSomethingIsLeftAlone() throws IOException {
        Files.createFile(work.resolve("mine.txt"));
        ModelFolder source = ModelFolder.open(GOLDEN.resolve("hf/llama"));
        String message = assertThrows(InputException.class, () -> Exchange.importModel(source, work)).getMessage();
        assertEquals(work + ": found mine.txt in it, expected a new or empty folder; name another one", message);
    }

    @Test
    void aNetworkThatAFamilyDoesNotHaveIsRefused() throws IOException {
        ModelFolder bert = ModelFolder.open(GOLDEN.resolve("hf/bert"));
        Path target = work.resolve("target");
        String message =
                assertThrows(
                                InputException.class,
                                () ->
                                        Exchange.exportModel(
                                                bert, target, Family.named("llama").orElseThrow(), Optional.empty()))
                        .getMessage();
        assertTrue(message.startsWith("--family llama: found a model "), message);
        assertTrue(Files.notExists(target));
    }
}
