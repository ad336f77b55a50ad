package dev.unmask.model.format;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The variables of a TensorFlow checkpoint in its second format: {@code name.index}, a sorted table of LevelDB's kind
 * from names to entries in protocol buffers, and {@code name.data-00000-of-00001}, which is mapped.
 */
final class TensorFlowBundle {
    private static final long MAGIC = 0xdb4775248b80fb57L;
    private static final int FOOTER = 48;
    private static final int FLOAT = 1;
    private static final int TRAILER = 5;

    /** Fields of a {@code BundleEntryProto}. */
    private record Entry(int type, List<Integer> extents, long shard, long offset, long size) {}

    private final Path index;
    private final byte[] bytes;
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private TensorFlowBundle(Path index) throws IOException {
        this.index = index;
        this.bytes = Files.readAllBytes(index);
    }

    /**
     * Maps the variables of a checkpoint.
     *
     * @param index the {@code .index} file; the data lie beside it
     * @return float32 variables by their names
     * @throws InputException if a file is missing or malformed, or a variable is of another type
     * @throws IOException if a file cannot be read
     */
    static Map<String, StoredTensor> read(Path index) throws IOException {
        TensorFlowBundle bundle = new TensorFlowBundle(index);
        try {
            bundle.readTable();
        } catch (IndexOutOfBoundsException | NegativeArraySizeException | ArithmeticException e) {
            throw bundle.malformed("it is cut short or damaged", e);
        }
        return bundle.map();
    }

    private InputException malformed(String what, Throwable cause) {
        return new InputException(
                index + ": " + what + ", expected the index of a TensorFlow checkpoint; get the file again", cause);
    }

    private void readTable() {
        if (bytes.length < FOOTER || littleEndian(bytes.length - 8, 8) != MAGIC) {
            throw malformed("it does not end as a table does", null);
        }
        Cursor footer = new Cursor(bytes.length - FOOTER);
        footer.varint();
        footer.varint();
        List<byte[]> blocks = new ArrayList<>();
        block(footer.varint(), footer.varint(), (key, value) -> blocks.add(value));
        for (byte[] handle : blocks) {
            Cursor cursor = new Cursor(handle, 0);
            block(
                    cursor.varint(),
                    cursor.varint(),
                    (key, value) -> {
                        // The empty name is the header of the bundle.
                        if (!key.isEmpty()) {
                            entries.put(key, entry(value));
                        }
                    });
        }
    }

    private interface Row {
        void of(String key, byte[] value);
    }

    /** Reads the rows of a block, whose keys leave out what they share with the one before. */
    private void block(long offset, long size, Row rows) {
        if (offset < 0 || size < 4 || offset + size + TRAILER > bytes.length) {
            throw malformed("a block lies outside of it", null);
        }
        int end = Math.toIntExact(offset + size);
        if (bytes[end] != 0) {
            throw malformed("a block is compressed", null);
        }
        int restarts = (int) littleEndian(end - 4, 4);
        int last = end - 4 - 4 * restarts;
        Cursor cursor = new Cursor(Math.toIntExact(offset));
        byte[] key = new byte[0];
        while (cursor.at < last) {
            int shared = (int) cursor.varint();
            int own = (int) cursor.varint();
            int length = (int) cursor.varint();
            byte[] next = Arrays.copyOf(key, shared + own);
            System.arraycopy(bytes, cursor.at, next, shared, own);
            cursor.at += own;
            key = next;
            Objects.checkFromIndexSize(cursor.at, length, last);
            rows.of(new String(key, StandardCharsets.UTF_8), Arrays.copyOfRange(bytes, cursor.at, cursor.at + length));
            cursor.at += length;
        }
    }

    private Entry entry(byte[] message) {
        int type = 0;
        List<Integer> extents = List.of();
        long shard = 0;
        long offset = 0;
        long size = 0;
        Cursor cursor = new Cursor(message, 0);
        while (cursor.at < message.length) {
            long tag = cursor.varint();
            switch ((int) tag) {
                case 1 << 3 -> type = (int) cursor.varint();
                case 2 << 3 | 2 -> extents = extents(cursor.piece());
                case 3 << 3 -> shard = cursor.varint();
                case 4 << 3 -> offset = cursor.varint();
                case 5 << 3 -> size = cursor.varint();
                default -> cursor.skip(tag);
            }
        }
        return new Entry(type, extents, shard, offset, size);
    }

    /** A {@code TensorShapeProto}: repeated dimensions, each a message with its size. */
    private List<Integer> extents(byte[] message) {
        List<Integer> extents = new ArrayList<>();
        Cursor cursor = new Cursor(message, 0);
        while (cursor.at < message.length) {
            long tag = cursor.varint();
            if (tag != (2 << 3 | 2)) {
                cursor.skip(tag);
                continue;
            }
            byte[] dimension = cursor.piece();
            Cursor inner = new Cursor(dimension, 0);
            int extent = 0;
            while (inner.at < dimension.length) {
                long part = inner.varint();
                if (part == 1 << 3) {
                    extent = Math.toIntExact(inner.varint());
                } else {
                    inner.skip(part);
                }
            }
            extents.add(extent);
        }
        return extents;
    }

    private Map<String, StoredTensor> map() throws IOException {
        String name = index.getFileName().toString().replaceFirst("\\.index$", ".data-00000-of-00001");
        Path data = index.resolveSibling(name);
        if (!Files.isRegularFile(data)) {
            throw new InputException(
                    index + ": found no " + name + " beside it, expected the data of its variables in one file");
        }
        MemorySegment mapped;
        try (FileChannel channel = FileChannel.open(data, StandardOpenOption.READ)) {
            mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
        }
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        entries.forEach((variable, entry) -> {
            if (entry.type != FLOAT || entry.shard != 0) {
                return;
            }
            if (entry.offset < 0 || entry.size < 0 || entry.offset > mapped.byteSize() - entry.size) {
                throw new InputException(
                        data
                                + ": found "
                                + mapped.byteSize()
                                + " bytes, expected variable "
                                + variable
                                + " at "
                                + entry.offset
                                + " with "
                                + entry.size
                                + "; get the file again");
            }
            Shape shape = Shape.of(entry.extents.stream().mapToInt(Integer::intValue).toArray());
            tensors.put(
                    variable,
                    new StoredTensor(variable, StoredType.F32, shape, mapped.asSlice(entry.offset, entry.size)));
        });
        return tensors;
    }

    private long littleEndian(int at, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (bytes[at + i] & 0xFFL) << (8 * i);
        }
        return value;
    }

    /** Reads protocol buffers. */
    private final class Cursor {
        private final byte[] message;
        private int at;

        Cursor(int at) {
            this(bytes, at);
        }

        Cursor(byte[] message, int at) {
            this.message = message;
            this.at = at;
        }

        long varint() {
            long value = 0;
            for (int shift = 0; shift < 64; shift += 7) {
                byte next = message[at++];
                value |= (next & 0x7FL) << shift;
                if (next >= 0) {
                    return value;
                }
            }
            throw malformed("a number in it has no end", null);
        }

        byte[] piece() {
            int length = Math.toIntExact(varint());
            Objects.checkFromIndexSize(at, length, message.length);
            at += length;
            return Arrays.copyOfRange(message, at - length, at);
        }

        void skip(long tag) {
            switch ((int) (tag & 7)) {
                case 0 -> varint();
                case 1 -> at += 8;
                case 2 -> piece();
                case 5 -> at += 4;
                default -> throw malformed("an entry in it has a field of kind " + (tag & 7), null);
            }
        }
    }
}
