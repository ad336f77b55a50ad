package dev.unmask.model.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.io.StoredTensor;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** A checkpoint of two variables, whose index is written here as TensorFlow writes it. */
class TensorFlowBundleTest {
    @TempDir private Path folder;
    private Path index;
    private byte[] content;

    @BeforeEach
    void write() throws IOException {
        ByteArrayOutputStream rows = new ByteArrayOutputStream();
        row(rows, 0, "", bytes(8, 1));
        row(rows, 0, "module/a/bias", entry(bytes(18, 2, 8, 3), 0, 12));
        // The second name shares its first nine letters with the one before.
        row(rows, 9, "kernel", entry(bytes(18, 2, 8, 2, 18, 2, 8, 1), 12, 8));
        byte[] data = block(rows.toByteArray());
        ByteArrayOutputStream handles = new ByteArrayOutputStream();
        row(handles, 0, "z", bytes(0, data.length - 5));
        byte[] list = block(handles.toByteArray());
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(data);
        file.write(list);
        byte[] footer = new byte[48];
        System.arraycopy(bytes(0, 0, data.length, list.length - 5), 0, footer, 0, 4);
        ByteBuffer.wrap(footer).order(ByteOrder.LITTLE_ENDIAN).putLong(40, 0xdb4775248b80fb57L);
        file.write(footer);
        content = file.toByteArray();
        index = Files.write(folder.resolve("variables.index"), content);
        ByteBuffer numbers = ByteBuffer.allocate(20).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 1; i <= 5; i++) {
            numbers.putFloat(i);
        }
        Files.write(folder.resolve("variables.data-00000-of-00001"), numbers.array());
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    /** Type float, shape, offset, size, and a checksum that is not looked at. */
    private static byte[] entry(byte[] shape, int offset, int size) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(bytes(8, 1, 18, shape.length));
        out.writeBytes(shape);
        out.writeBytes(bytes(32, offset, 40, size, 53, 1, 2, 3, 4));
        return out.toByteArray();
    }

    private static void row(ByteArrayOutputStream out, int shared, String rest, byte[] value) {
        byte[] key = rest.getBytes(StandardCharsets.UTF_8);
        out.writeBytes(bytes(shared, key.length, value.length));
        out.writeBytes(key);
        out.writeBytes(value);
    }

    /** Rows, one restart at zero, no compression, and a checksum that is not looked at. */
    private static byte[] block(byte[] rows) {
        byte[] block = Arrays.copyOf(rows, rows.length + 8 + 5);
        block[rows.length + 4] = 1;
        return block;
    }

    @Test
    void variablesHaveTheirShapesAndNumbers() throws IOException {
        Map<String, StoredTensor> variables = TensorFlowBundle.read(index);
        assertArrayEquals(new float[] {1, 2, 3}, variables.get("module/a/bias").floats());
        assertEquals(Shape.of(2, 1), variables.get("module/a/kernel").shape());
        assertArrayEquals(new float[] {4, 5}, variables.get("module/a/kernel").floats());
    }

    @Test
    void anIndexThatIsCutAnywhereIsRefused() throws IOException {
        for (int length = 0; length < content.length; length++) {
            Files.write(index, Arrays.copyOf(content, length));
            String message = assertThrows(InputException.class, () -> TensorFlowBundle.read(index)).getMessage();
            assertTrue(message.startsWith(index + ": "), message);
        }
    }

    @Test
    void aCompressedBlockIsRefused() throws IOException {
        int type = content.length - 48 - 5;
        content[type] = 1;
        Files.write(index, content);
        String message = assertThrows(InputException.class, () -> TensorFlowBundle.read(index)).getMessage();
        assertTrue(message.contains("a block is compressed"), message);
    }

    @Test
    void missingOrShorterDataAreNamed() throws IOException {
        Path data = folder.resolve("variables.data-00000-of-00001");
        Files.write(data, new byte[16]);
        String shorter = assertThrows(InputException.class, () -> TensorFlowBundle.read(index)).getMessage();
        assertTrue(shorter.contains("expected variable module/a/kernel at 12 with 8"), shorter);
        Files.delete(data);
        String missing = assertThrows(InputException.class, () -> TensorFlowBundle.read(index)).getMessage();
        assertTrue(missing.contains("found no variables.data-00000-of-00001"), missing);
    }
}
