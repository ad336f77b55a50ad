package dev.unmask.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Weights.Use;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.io.SafetensorsWriter;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

class WeightsTest {
    private static final ModelConfig CONFIG = ModelConfig.masked(2, 2, 8, 12, 10);
    private static final String GATE = "transformer.h.1.mlp.swiglu.w1.weight";
    private static final String NORM = "transformer.ln_f.weight";

    private record Stored(StoredType type, Shape shape) {}

    @TempDir private Path folder;
    private Path file;
    private final Map<String, Stored> content = new LinkedHashMap<>();

    @BeforeEach
    void describe() {
        file = folder.resolve("model.safetensors");
        CONFIG.parameters().forEach(spec -> content.put(spec.name(), new Stored(StoredType.F32, spec.shape())));
    }

    private void write() throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        content.forEach((name, stored) ->
                writer.add(name, stored.type(), stored.shape(), (from, target) -> target.fill((byte) 0)));
        writer.write(file);
    }

    private String refusal(Use use) throws IOException {
        write();
        String message =
                assertThrows(InputException.class, () -> Weights.load(new HostBackend(), CONFIG, file, use))
                        .getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        return message.substring((file + ": ").length());
    }

    @ParameterizedTest
    @EnumSource(Use.class)
    void aMissingParameterIsNamedWithItsShape(Use use) throws IOException {
        content.remove(GATE);
        assertEquals("parameter " + GATE + " [12, 8] is missing; is config.json that of these weights?", refusal(use));
    }

    @ParameterizedTest
    @EnumSource(Use.class)
    void aParameterOfAnotherShapeIsNamedWithBothShapes(Use use) throws IOException {
        content.put(GATE, new Stored(StoredType.F32, Shape.of(8, 12)));
        assertEquals(
                GATE + ": found shape [8, 12], expected [12, 8] by config.json; is it that of these weights?",
                refusal(use));
    }

    @ParameterizedTest
    @EnumSource(Use.class)
    void anEmbeddingWithoutTheRowOfTheMaskTokenIsRefused(Use use) throws IOException {
        content.put("transformer.wte.weight", new Stored(StoredType.F32, Shape.of(10, 8)));
        assertEquals(
                "transformer.wte.weight: found shape [10, 8], expected [11, 8] by config.json; is it that of these"
                        + " weights?",
                refusal(use));
    }

    @ParameterizedTest
    @EnumSource(Use.class)
    void aParameterThatTheModelLacksIsNamed(Use use) throws IOException {
        content.put("transformer.h.2.norm_1.weight", new Stored(StoredType.F32, Shape.of(8)));
        assertEquals(
                "found parameter transformer.h.2.norm_1.weight, which the configuration lacks; is config.json that of"
                        + " these weights?",
                refusal(use));
        content.put("transformer.h.2.norm_2.weight", new Stored(StoredType.F32, Shape.of(8)));
        assertTrue(refusal(use).startsWith("found parameter transformer.h.2.norm_1.weight and 1 more, which"));
    }

    @ParameterizedTest
    @EnumSource(Use.class)
    void aParameterInInt8NeedsScales(Use use) throws IOException {
        content.put(GATE, new Stored(StoredType.I8, Shape.of(12, 8)));
        assertEquals(
                "parameter " + GATE + "_scale [12] is missing; is config.json that of these weights?", refusal(use));
    }

    @ParameterizedTest
    @EnumSource(
            value = StoredType.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"F32", "F16", "BF16", "F64", "I8"})
    void aParameterOfATypeThatIsNoFloatingPointNumberIsNamedWithItsType(StoredType type) throws IOException {
        content.put(GATE, new Stored(type, Shape.of(12, 8)));
        for (Use use : Use.values()) {
            assertEquals(
                    GATE + ": found type " + type + ", expected F32, BF16, F16 or F64; convert the file", refusal(use));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "F64"})
    void floatingPointTypesAreReadAsTheirValues(StoredType type) throws IOException {
        content.put(NORM, new Stored(type, Shape.of(8)));
        SafetensorsWriter writer = new SafetensorsWriter();
        content.forEach(
                (name, stored) -> writer.add(new StoredTensor(name, stored.type(), stored.shape(), ones(stored))));
        writer.write(file);
        float[] ones = new float[8];
        Arrays.fill(ones, 1);
        for (Use use : Use.values()) {
            Tensor norm = Weights.load(new HostBackend(), CONFIG, file, use).get(NORM);
            assertEquals(DType.F32, norm.dtype());
            assertArrayEquals(ones, norm.floats());
        }
    }

    private static MemorySegment ones(Stored stored) {
        int n = Math.toIntExact(stored.shape().elements());
        MemorySegment all = Arena.ofAuto().allocate((long) n * stored.type().bytes(), Double.BYTES);
        for (int i = 0; i < n; i++) {
            switch (stored.type()) {
                case F32 -> all.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
                case F64 -> all.setAtIndex(ValueLayout.JAVA_DOUBLE, i, 1);
                case F16 -> all.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(1));
                default -> all.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) 0x3F80);
            }
        }
        return all;
    }

    @Test
    void bfloat16MatricesAreKeptForInferenceAndWidenedForTraining() throws IOException {
        content.put(GATE, new Stored(StoredType.BF16, Shape.of(12, 8)));
        write();
        assertEquals(DType.BF16, Weights.load(new HostBackend(), CONFIG, file, Use.INFERENCE).get(GATE).dtype());
        assertEquals(DType.F32, Weights.load(new HostBackend(), CONFIG, file, Use.TRAINING).get(GATE).dtype());
    }

    @Test
    void whatIsLoadedForTrainingCanBeChangedAndLeavesTheFileAsItWas() throws IOException {
        write();
        byte[] before = Files.readAllBytes(file);
        Tensor norm = Weights.load(new HostBackend(), CONFIG, file, Use.TRAINING).get(NORM);
        norm.set(new float[] {1, 2, 3, 4, 5, 6, 7, 8});
        assertArrayEquals(before, Files.readAllBytes(file));
    }

    @Test
    void parametersComeInTheOrderOfTheConfigurationWhateverTheOrderOfTheFile() throws IOException {
        List<String> expected = CONFIG.parameters().stream().map(ParameterSpec::name).toList();
        Stored first = content.remove(expected.getFirst());
        content.put(expected.getFirst(), first);
        write();
        Map<String, Tensor> loaded = Weights.load(new HostBackend(), CONFIG, file, Use.INFERENCE);
        assertEquals(expected, List.copyOf(loaded.keySet()));
    }
}
