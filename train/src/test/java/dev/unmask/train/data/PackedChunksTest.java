package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

class PackedChunksTest {
    @TempDir private Path folder;

    /** A chunk as the SlimPajama script of SMDM writes it. */
    private static byte[] chunk(int code, int... tokens) {
        int bytes = code == 8 ? 2 : 4;
        ByteBuffer chunk = ByteBuffer.allocate(24 + bytes * tokens.length).order(ByteOrder.LITTLE_ENDIAN);
        chunk.put("LITPKDS".getBytes(StandardCharsets.US_ASCII)).putLong(1).put((byte) code).putLong(tokens.length);
        for (int token : tokens) {
            if (bytes == 2) {
                chunk.putShort((short) token);
            } else {
                chunk.putInt(token);
            }
        }
        return chunk.array();
    }

    private Path write(String name, byte[] content) throws IOException {
        return Files.write(folder.resolve(name), content);
    }

    @Test
    void blocksFollowThroughTheChunksAndNeverCrossThem() throws IOException {
        write("b.bin", chunk(8, 6, 7, 8, 9, 10));
        write("a.bin", chunk(8, 1, 2, 3, 4, 60_000));
        PackedChunks chunks = PackedChunks.open(folder, 65_536);
        assertEquals(4, chunks.blocks(2));
        int[] block = new int[5];
        chunks.block(2, 2, block, 1);
        assertArrayEquals(new int[] {0, 6, 7, 0, 0}, block);
        chunks.block(0, 5, block, 0);
        assertArrayEquals(new int[] {1, 2, 3, 4, 60_000}, block);
        assertThrows(IndexOutOfBoundsException.class, () -> chunks.block(4, 2, block, 0));
    }

    @Test
    void fourByteTokensAreRead() throws IOException {
        int[] block = new int[2];
        PackedChunks.open(write("a.bin", chunk(4, 100_000, 3)), 200_000).block(0, 2, block, 0);
        assertArrayEquals(new int[] {100_000, 3}, block);
    }

    @Test
    void idsBeyondTheVocabularyAreRefused() throws IOException {
        PackedChunks chunks = PackedChunks.open(write("a.bin", chunk(8, 1, 32_000)), 32_000);
        String message = assertThrows(InputException.class, () -> chunks.block(0, 2, new int[2], 0)).getMessage();
        assertTrue(message.contains("id 32000"), message);
    }

    /** The refusal, without the file that it names first and what it says to do. */
    private String refusal(byte[] content) throws IOException {
        Path file = write("bad.bin", content);
        return stripped(file, assertThrows(IOException.class, () -> PackedChunks.open(file, 10)).getMessage());
    }

    private static String stripped(Path file, String message) {
        String remedy = "; the file is damaged or no LITPKDS chunk, copy or make it again";
        assertTrue(message.startsWith(file + ": ") && message.endsWith(remedy), message);
        return message.substring((file + ": ").length(), message.length() - remedy.length());
    }

    @Test
    void damagedChunksAreRefusedNamingWhatWasFoundAndExpected() throws IOException {
        byte[] good = chunk(8, 1, 2, 3);
        assertEquals("found 20 bytes, expected at least the 24 of a header", refusal(Arrays.copyOf(good, 20)));
        assertEquals(
                "found 5 bytes after the header, expected 2 for each of the 3 tokens that it announces",
                refusal(Arrays.copyOf(good, 29)));
        assertEquals("found dtype code 6, expected 8 (u16) or 4 (i32)", refusal(chunk(6, 1)));
        assertEquals("found 0 tokens announced by its header, expected at least 1", refusal(chunk(8)));
        good[0] = 'X';
        assertEquals("found \"XITPKDS\" at the beginning, expected \"LITPKDS\"", refusal(good));
        good[0] = 'L';
        good[7] = 2;
        assertEquals("found version 2, expected 1", refusal(good));
    }

    @Test
    void chunksOfDifferentSizeAndEmptyFoldersAreRefused() throws IOException {
        assertTrue(assertThrows(IOException.class, () -> PackedChunks.open(folder, 10)).getMessage().contains(".bin"));
        Path first = write("a.bin", chunk(8, 1, 2));
        Path second = write("b.bin", chunk(8, 1, 2, 3));
        String message = assertThrows(IOException.class, () -> PackedChunks.open(folder, 10)).getMessage();
        assertEquals("found 3 tokens, expected 2 as in " + first, stripped(second, message));
    }
}
