package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Presets;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.io.SafetensorsWriter;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A model comes back from disk as it was, on every backend. */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class ModelFilesTest {
    private static final int LENGTH = 12;

    private final Backend backend;
    @TempDir private Path folder;

    ModelFilesTest(Backend backend) {
        this.backend = backend;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSavedModelGivesTheSameLogits(boolean causal) throws IOException {
        Transformer model = SmallRun.model(backend, causal);
        ModelFolder.save(model, folder);
        ModelFolder found = ModelFolder.open(folder);
        assertEquals(model.config(), found.config());
        float[] expected = logits(model);
        assertArrayEquals(expected, logits(found.load(backend, Weights.Use.INFERENCE)));
        assertArrayEquals(expected, logits(found.load(backend, Weights.Use.TRAINING)));
    }

    @Test
    void weightsStoredAsBfloat16LoadAndSample() throws IOException {
        Transformer model = SmallRun.model(backend, false);
        ModelFolder.save(model, folder);
        Path file = folder.resolve(ModelFolder.WEIGHTS);
        Files.delete(file);
        SafetensorsWriter writer = new SafetensorsWriter();
        model.parameters()
                .forEach((name, tensor) ->
                        writer.add(
                                new StoredTensor(name, StoredType.BF16, tensor.shape(), upperHalves(tensor.floats()))));
        writer.write(file);
        ModelFolder found = ModelFolder.open(folder);
        Transformer mapped = found.load(backend, Weights.Use.INFERENCE);
        assertEquals(DType.BF16, mapped.head().dtype());
        float[] widened = logits(found.load(backend, Weights.Use.TRAINING));
        assertArrayEquals(widened, logits(mapped), 1e-5f);
        MaskedSequence blank = MaskedSequence.continuing(new int[0], LENGTH, model.config().maskToken(), 0);
        int[] ids =
                new MaskedSampler(backend, mapped)
                        .sample(List.of(blank), SamplerSettings.defaults().withSteps(4))
                        .getFirst()
                        .ids();
        for (int id : ids) {
            assertTrue(id >= 0 && id < SmallRun.VOCABULARY, () -> "token " + id);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aLoneFileWithTheShapesOfAPresetIsKnownForIt(boolean causal) throws IOException {
        ModelConfig tiny = Presets.named("tiny").withCausal(causal);
        Path file = folder.resolve("mdm-tiny.safetensors");
        Weights.save(Initialization.of(backend, tiny, 1), file);
        ModelFolder found = ModelFolder.open(file);
        assertEquals(tiny.withRopeBf16(true), found.config());
        assertEquals(tiny.embeddingRows(), rows(found.load(backend, Weights.Use.INFERENCE)));
    }

    private static long rows(Transformer model) {
        return model.parameters().get("transformer.wte.weight").shape().elements() / model.config().width();
    }

    private static MemorySegment upperHalves(float[] values) {
        MemorySegment halves = Arena.ofAuto().allocate(2L * values.length, Float.BYTES);
        for (int i = 0; i < values.length; i++) {
            halves.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(values[i]) >>> 16));
        }
        return halves;
    }

    private float[] logits(Transformer model) {
        TokenBatch input = TokenBatch.allocate(backend, model.config(), 1, LENGTH);
        int[] ids = new int[LENGTH];
        for (int i = 0; i < LENGTH; i++) {
            ids[i] = 17 * i % model.config().vocabulary();
        }
        input.ids().set(ids);
        Tensor[] kept = new Tensor[1];
        backend.record(
                        recorder -> {
                            Ops ops = Ops.inference(recorder, Precision.F32);
                            Tensor logits = model.logits(ops, model.hidden(ops, input));
                            kept[0] = backend.allocate("logits", DType.F32, logits.shape());
                            recorder.add(new Copy(logits, kept[0]));
                        })
                .run();
        return kept[0].floats();
    }
}
