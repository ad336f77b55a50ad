package dev.unmask.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.Shape;
import dev.unmask.tensor.ShapeException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class SafetensorsTest {
    @TempDir private Path directory;

    @ParameterizedTest
    @EnumSource(StoredType.class)
    void whatIsWrittenIsReadBack(StoredType type) throws IOException {
        Shape shape = Shape.of(3, 5);
        byte[] bytes = bytes(15 * type.bytes());
        Path file = directory.resolve("a.safetensors");
        new SafetensorsWriter().add(new StoredTensor("x", type, shape, MemorySegment.ofArray(bytes))).write(file);

        StoredTensor read = Safetensors.open(file).require("x");
        assertEquals("x", read.name());
        assertEquals(type, read.type());
        assertEquals(shape, read.shape());
        assertArrayEquals(bytes, read.data().toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void keepsMetadataAndTheOrderOfTensors() throws IOException {
        Path file = directory.resolve("a.safetensors");
        new SafetensorsWriter()
                .metadata("format", "pt")
                .metadata("a \"quoted\" κλειδί", "with a\nline break")
                .add(tensor("z", 1f))
                .add(tensor("a", 2f))
                .add(tensor("μ", 3f))
                .write(file);

        Safetensors read = Safetensors.open(file);
        assertEquals(file, read.file());
        assertEquals(Map.of("format", "pt", "a \"quoted\" κλειδί", "with a\nline break"), read.metadata());
        assertEquals(List.of("format", "a \"quoted\" κλειδί"), List.copyOf(read.metadata().keySet()));
        assertEquals(List.of("z", "a", "μ"), read.tensors().stream().map(StoredTensor::name).toList());
    }

    @Test
    void readsScalarsEmptyTensorsAndFilesOfNone() throws IOException {
        Path none = directory.resolve("none.safetensors");
        new SafetensorsWriter().write(none);
        assertEquals(List.of(), Safetensors.open(none).tensors());
        assertEquals(Map.of(), Safetensors.open(none).metadata());

        Path file = directory.resolve("a.safetensors");
        new SafetensorsWriter()
                .add(new StoredTensor("empty", StoredType.F32, Shape.of(4, 0, 2), MemorySegment.ofArray(new byte[0])))
                .add(new StoredTensor("scalar", StoredType.F32, Shape.of(), MemorySegment.ofArray(new float[] {7})))
                .add(new StoredTensor("last", StoredType.F32, Shape.of(0), MemorySegment.ofArray(new byte[0])))
                .write(file);
        Safetensors read = Safetensors.open(file);
        assertArrayEquals(new float[0], read.require("empty").floats());
        assertArrayEquals(new float[] {7}, read.require("scalar").floats());
        assertArrayEquals(new float[0], read.require("last").floats());
    }

    @Test
    void dataAreReadOnlyAndStayReadableAfterTheFileIsReplaced() throws IOException {
        Path file = directory.resolve("a.safetensors");
        new SafetensorsWriter().add(tensor("x", 1f, 2f)).write(file);
        StoredTensor old = Safetensors.open(file).require("x");
        new SafetensorsWriter().add(tensor("x", 3f)).write(file);

        assertTrue(old.data().isReadOnly());
        assertArrayEquals(new float[] {1, 2}, old.floats());
        assertArrayEquals(new float[] {3}, Safetensors.open(file).require("x").floats());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void readsFloatsAtAnyAlignment(int shift) throws IOException {
        Path file = directory.resolve("a.safetensors");
        new SafetensorsWriter()
                .add(new StoredTensor("shift", StoredType.U8, Shape.of(shift), MemorySegment.ofArray(new byte[shift])))
                .add(tensor("x", 1.5f, -2.5f))
                .add(new StoredTensor("f64", StoredType.F64, Shape.of(1), MemorySegment.ofArray(new double[] {0.1})))
                .add(
                        new StoredTensor(
                                "bf16", StoredType.BF16, Shape.of(1), MemorySegment.ofArray(new short[] {0x3FC0})))
                .write(file);
        Safetensors read = Safetensors.open(file);
        assertArrayEquals(new float[] {1.5f, -2.5f}, read.require("x").floats());
        assertArrayEquals(new float[] {0.1f}, read.require("f64").floats());
        assertArrayEquals(new float[] {1.5f}, read.require("bf16").floats());
    }

    @ParameterizedTest
    @CsvSource({
        "BF16, 0x3F80, 1", "BF16, 0xC049, -3.140625", "BF16, 0x0001, 9.18355E-41", "BF16, 0x7F80, Infinity",
        "BF16, 0xFFC0, NaN", "F16, 0x3C00, 1", "F16, 0xC248, -3.140625", "F16, 0x0001, 5.9604645E-8",
        "F16, 0xFC00, -Infinity", "F16, 0x7E00, NaN", "F16, 0x7BFF, 65504"
    })
    void widensSixteenBitFloatsExactly(StoredType type, String bits, float expected) {
        short[] stored = {Integer.decode(bits).shortValue()};
        float[] floats = new StoredTensor("x", type, Shape.of(1), MemorySegment.ofArray(stored)).floats();
        assertArrayEquals(new float[] {expected}, floats);
    }

    @Test
    void refusesToReadIntegersAsFloatsOrIntoATargetOfAnotherLength() {
        StoredTensor integers =
                new StoredTensor("ids", StoredType.I32, Shape.of(1), MemorySegment.ofArray(new int[] {1}));
        assertEquals(
                "tensor \"ids\": stored as I32, which is not read as float32; store it as F32, F16, BF16 or F64",
                refusal(integers::floats));
        assertEquals(
                "tensor \"x\": F32[2] takes 8 bytes as float32, the target has 12 bytes",
                refusal(() -> tensor("x", 1f, 2f).copyAsFloat32(MemorySegment.ofArray(new float[3]))));
    }

    @Test
    void refusesDataThatDoNotFitTheShape() {
        assertEquals(
                "tensor \"x\": F32[2, 2] takes 16 bytes, the data have 12 bytes",
                refusal(() ->
                        new StoredTensor("x", StoredType.F32, Shape.of(2, 2), MemorySegment.ofArray(new float[3]))));
    }

    @Test
    void findsTensorsByName() throws IOException {
        Path file = directory.resolve("a.safetensors");
        new SafetensorsWriter().add(tensor("x", 1f)).write(file);
        Safetensors read = Safetensors.open(file);
        assertEquals(Optional.of("x"), read.tensor("x").map(StoredTensor::name));
        assertEquals(Optional.empty(), read.tensor("y"));
        assertEquals(
                file + ": has no tensor \"y\" among its 1, such as [\"x\"]. Check that the file is of this model.",
                refusal(() -> read.require("y")));
    }

    @Test
    void readsAFileOverTwoGibibytes() throws IOException {
        long big = 2_200L << 20;
        String header =
                "{\"big\":{\"dtype\":\"BF16\",\"shape\":[1100,1048576],\"data_offsets\":[0,"
                        + big
                        + "]},"
                        + "\"tail\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":["
                        + big
                        + ","
                        + (big + 8)
                        + "]}}";
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        Path path = directory.resolve("big.safetensors");
        // Never written between its ends, so the file takes next to no disk.
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.writeLong(Long.reverseBytes(json.length));
            file.write(json);
            file.seek(8 + json.length + big - 2);
            file.writeShort(Short.reverseBytes((short) 0x3F80));
            file.writeInt(Integer.reverseBytes(Float.floatToRawIntBits(2.5f)));
            file.writeInt(Integer.reverseBytes(Float.floatToRawIntBits(-0.5f)));
        }
        Safetensors read = Safetensors.open(path);
        MemorySegment data = read.require("big").data();
        assertEquals(big, data.byteSize());
        assertEquals((short) 0x3F80, data.get(ValueLayout.JAVA_SHORT_UNALIGNED, big - 2));
        assertArrayEquals(new float[] {2.5f, -0.5f}, read.require("tail").floats());
    }

    @Test
    void writesMemoryOfEveryKindAcrossChunks() throws IOException {
        int elements = (20 << 20) / Float.BYTES + 3;
        float[] values = new float[elements];
        for (int i = 0; i < elements; i++) {
            values[i] = i;
        }
        MemorySegment heap = MemorySegment.ofArray(values);
        Path file = directory.resolve("a.safetensors");
        try (Arena confined = Arena.ofConfined();
                Arena shared = Arena.ofShared()) {
            new SafetensorsWriter()
                    .add(new StoredTensor("heap", StoredType.F32, Shape.of(elements), heap))
                    .add(new StoredTensor("confined", StoredType.F32, Shape.of(elements), copy(confined, heap)))
                    .add(new StoredTensor("shared", StoredType.F32, Shape.of(elements), copy(shared, heap)))
                    .write(file);
        }
        Safetensors read = Safetensors.open(file);
        for (StoredTensor tensor : read.tensors()) {
            assertEquals(-1, tensor.data().mismatch(heap), tensor.name());
        }
    }

    @Test
    void asksForDataOneTensorAtATimeInOrder() throws IOException {
        List<String> asked = new ArrayList<>();
        SafetensorsWriter writer = new SafetensorsWriter();
        for (int i = 0; i < 4; i++) {
            float value = i;
            String name = "t" + i;
            writer.add(
                    name,
                    StoredType.F32,
                    Shape.of(1),
                    (from, target) -> {
                        asked.add(name);
                        target.set(ValueLayout.JAVA_FLOAT, 0, value);
                    });
        }
        Path file = directory.resolve("a.safetensors");
        writer.write(file);
        assertEquals(List.of("t0", "t1", "t2", "t3"), asked);
        for (int i = 0; i < 4; i++) {
            assertArrayEquals(new float[] {i}, Safetensors.open(file).require("t" + i).floats());
        }
    }

    @Test
    void aSourceThatFailsLeavesTheOldFile() throws IOException {
        Path file = directory.resolve("a.safetensors");
        new SafetensorsWriter().add(tensor("x", 1f)).write(file);
        SafetensorsWriter wrong =
                new SafetensorsWriter()
                        .add(tensor("x", 2f))
                        .add(
                                "y",
                                StoredType.F32,
                                Shape.of(2),
                                (from, target) -> {
                                    throw new SafetensorsException("the device is gone");
                                });
        assertEquals("the device is gone", refusal(() -> wrong.write(file)));
        assertArrayEquals(new float[] {1}, Safetensors.open(file).require("x").floats());
        assertEquals(1, directory.toFile().list().length);
    }

    @Test
    void refusesNamesThatCannotBeWritten() {
        SafetensorsWriter writer = new SafetensorsWriter().add(tensor("x", 1f));
        assertEquals("two tensors are named \"x\"; rename one", refusal(() -> writer.add(tensor("x", 2f))));
        assertEquals(
                "a tensor cannot be named __metadata__, which is reserved; rename it",
                refusal(() -> writer.add(tensor("__metadata__", 2f))));
        assertEquals(
                "tensor name \"\uD83D\" holds half a surrogate pair, expected Unicode; rename it",
                refusal(() -> writer.add(tensor("\uD83D", 2f))));
        assertEquals(
                "the value of metadata \"k\", \"\uDE00x\" holds half a surrogate pair, expected Unicode; rename it",
                refusal(() -> writer.metadata("k", "\uDE00x")));
    }

    @Test
    void refusesDataBeyondTheLimitOfAFile() {
        // Just below 2^62 bytes in F64; a shape of more is none.
        Shape huge = Shape.of(Integer.MAX_VALUE, 1 << 28);
        assertThrows(ShapeException.class, () -> Shape.of(Integer.MAX_VALUE, Integer.MAX_VALUE));
        SafetensorsWriter writer =
                new SafetensorsWriter()
                        .add("x", StoredType.F64, huge, (from, target) -> {})
                        .add("y", StoredType.F64, huge, (from, target) -> {});
        assertEquals(
                "with tensor \"z\" the data take more than 2^63 - 1 bytes",
                refusal(() -> writer.add("z", StoredType.F64, huge, (from, target) -> {})));
    }

    private static String refusal(Executable action) {
        return assertThrows(SafetensorsException.class, action).getMessage();
    }

    private static MemorySegment copy(Arena arena, MemorySegment source) {
        return arena.allocate(source.byteSize(), 64).copyFrom(source);
    }

    private static StoredTensor tensor(String name, float... values) {
        return new StoredTensor(name, StoredType.F32, Shape.of(values.length), MemorySegment.ofArray(values));
    }

    private static byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (31 * i + 7);
        }
        return bytes;
    }
}
