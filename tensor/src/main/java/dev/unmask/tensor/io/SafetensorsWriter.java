package dev.unmask.tensor.io;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.tensor.Shape;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes a safetensors file: all of it or none ({@link AtomicFiles}), in the order in which tensors were added, one
 * tensor, or a piece of one, in memory at a time. The data begin at a multiple of eight bytes.
 */
public final class SafetensorsWriter {
    private static final JsonMapper JSON = new JsonMapper();

    /** How much is handed to the operating system at a time, in bytes. */
    private static final long CHUNK = 4L << 20;

    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final Map<String, Content> contents = new LinkedHashMap<>();
    private long dataBytes;

    private record Content(StoredType type, Shape shape, Source source) {}

    /** Where the data of a tensor come from, piece by piece. */
    @FunctionalInterface
    public interface Source {
        /**
         * Copies some of the data.
         *
         * @param from where the piece begins, in bytes, at a whole element
         * @param target what to fill: native memory of as many whole elements as the piece has, little-endian
         */
        void read(long from, MemorySegment target);
    }

    /** A writer of no tensors yet. */
    public SafetensorsWriter() {}

    /**
     * Sets one string of {@code __metadata__}.
     *
     * @param key the key; a value it had is replaced
     * @param value the value
     * @return this
     * @throws SafetensorsException if either holds half a surrogate pair, which UTF-8 cannot write
     */
    public SafetensorsWriter metadata(String key, String value) {
        requireEncodable("metadata key", key);
        requireEncodable("the value of metadata " + Quoted.of(key) + ",", value);
        metadata.put(key, value);
        return this;
    }

    /**
     * Adds a tensor whose data are at hand.
     *
     * @param tensor the tensor
     * @return this
     * @throws SafetensorsException if the name is taken, reserved or not Unicode
     */
    public SafetensorsWriter add(StoredTensor tensor) {
        MemorySegment data = tensor.data();
        return add(
                tensor.name(),
                tensor.type(),
                tensor.shape(),
                (from, target) -> target.copyFrom(data.asSlice(from, target.byteSize())));
    }

    /**
     * Adds a tensor whose data are fetched piece by piece when their turn comes, so that they need not be in memory
     * together.
     *
     * @param name its name in the file
     * @param type the element type
     * @param shape the extents
     * @param source called by each {@link #write} for one piece after the other
     * @return this
     * @throws SafetensorsException if the name is taken, reserved or not Unicode, or the data are beyond 2^63 - 1 bytes
     */
    public SafetensorsWriter add(String name, StoredType type, Shape shape, Source source) {
        requireEncodable("tensor name", name);
        if (name.equals(SafetensorsHeader.METADATA)) {
            throw new SafetensorsException("a tensor cannot be named " + name + ", which is reserved; rename it");
        }
        if (contents.containsKey(name)) {
            throw new SafetensorsException("two tensors are named " + Quoted.of(name) + "; rename one");
        }
        try {
            dataBytes = Math.addExact(dataBytes, StoredTensor.byteSize(name, type, shape));
        } catch (ArithmeticException e) {
            throw new SafetensorsException(
                    "with tensor " + Quoted.of(name) + " the data take more than 2^63 - 1 bytes");
        }
        contents.put(name, new Content(type, shape, source));
        return this;
    }

    /**
     * Writes the file. Where it was before, it is replaced as a whole.
     *
     * @param file where to
     * @return the digest of what was written
     * @throws SafetensorsException if a source has other bytes than were announced or the header is too long to be read
     * @throws IOException if the file cannot be written; what was there before is left
     */
    public FileDigest write(Path file) throws IOException {
        ByteBuffer header = header(file);
        FileDigest.Sum sum = new FileDigest.Sum();
        AtomicFiles.write(
                file,
                output -> {
                    sum.add(header);
                    output.write(header);
                    try (Arena arena = Arena.ofConfined()) {
                        MemorySegment staging = arena.allocate(CHUNK);
                        for (Map.Entry<String, Content> entry : contents.entrySet()) {
                            Content content = entry.getValue();
                            long bytes = StoredTensor.byteSize(entry.getKey(), content.type(), content.shape());
                            write(output, content.source(), bytes, staging, sum);
                        }
                    }
                });
        return sum.total();
    }

    private static void requireEncodable(String what, String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new SafetensorsException(
                    what + " " + Quoted.of(text) + " holds half a surrogate pair, expected Unicode; rename it");
        }
    }

    private ByteBuffer header(Path file) {
        ObjectNode root = JSON.createObjectNode();
        if (!metadata.isEmpty()) {
            ObjectNode strings = root.putObject(SafetensorsHeader.METADATA);
            metadata.forEach(strings::put);
        }
        long offset = 0;
        for (Map.Entry<String, Content> entry : contents.entrySet()) {
            Content content = entry.getValue();
            Shape shape = content.shape();
            ObjectNode node = root.putObject(entry.getKey());
            node.put("dtype", content.type().name());
            var extents = node.putArray("shape");
            for (int i = 0; i < shape.rank(); i++) {
                extents.add(shape.extent(i));
            }
            long end = offset + StoredTensor.byteSize(entry.getKey(), content.type(), shape);
            node.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        byte[] json = root.toString().getBytes(StandardCharsets.UTF_8);
        int padded = Math.ceilDiv(json.length, Long.BYTES) * Long.BYTES;
        if (padded > SafetensorsHeader.LONGEST) {
            throw new SafetensorsException(
                    file,
                    "the header would take "
                            + padded
                            + " bytes, expected at most "
                            + SafetensorsHeader.LONGEST
                            + ". Shorten the metadata or write several files.");
        }
        byte[] bytes = new byte[Long.BYTES + padded];
        Arrays.fill(bytes, (byte) ' ');
        MemorySegment.ofArray(bytes).set(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0, padded);
        System.arraycopy(json, 0, bytes, Long.BYTES, json.length);
        return ByteBuffer.wrap(bytes);
    }

    private static void write(
            AtomicFiles.Output output, Source source, long bytes, MemorySegment staging, FileDigest.Sum sum)
            throws IOException {
        for (long from = 0; from < bytes; from += CHUNK) {
            MemorySegment piece = staging.asSlice(0, Math.min(CHUNK, bytes - from));
            source.read(from, piece);
            sum.add(piece.asByteBuffer());
            output.write(piece.asByteBuffer());
        }
    }
}
