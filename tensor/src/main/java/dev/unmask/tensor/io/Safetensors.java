package dev.unmask.tensor.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A safetensors file, mapped into memory: tensors are read from the page cache without a copy, whatever the size of the
 * file.
 *
 * <p>The format is that of <a href="https://github.com/huggingface/safetensors">huggingface/safetensors</a>: eight
 * bytes of header length, little-endian; a JSON header; the data. The whole header is checked when the file is opened.
 * The mapping lives as long as any {@link StoredTensor} of it; there is nothing to close. The file must not be cut
 * short meanwhile: replace files with {@link AtomicFiles}, never in place.
 */
public final class Safetensors {
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path file;
    private final Map<String, String> metadata;
    private final Map<String, StoredTensor> tensors;

    private Safetensors(Path file, Map<String, String> metadata, Map<String, StoredTensor> tensors) {
        this.file = file;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    /**
     * Maps a file and checks its header.
     *
     * @param file the file
     * @return its tensors
     * @throws SafetensorsException if there is no such regular file or it is malformed
     * @throws IOException if the file cannot be read
     */
    public static Safetensors open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new SafetensorsException(
                    file,
                    Files.isDirectory(file)
                            ? "is a directory, expected a safetensors file. Name a file inside it."
                            : Files.exists(file)
                                    ? "is not a regular file, expected a safetensors file. Copy it to a file first."
                                    : "does not exist, expected a safetensors file. Check the path.");
        }
        MemorySegment mapped;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size < Long.BYTES) {
                throw new SafetensorsException(
                        file,
                        "has "
                                + size
                                + " bytes, expected at least the 8 of a header length."
                                + " Download or write the file again.");
            }
            mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, Arena.ofAuto());
        }
        return of(file, mapped);
    }

    private static Safetensors of(Path file, MemorySegment mapped) {
        long headerBytes = mapped.get(LENGTH, 0);
        long rest = mapped.byteSize() - Long.BYTES;
        // The length is unsigned: what reads as negative is past the end of any file.
        if (headerBytes < 1 || headerBytes > Math.min(rest, SafetensorsHeader.LONGEST)) {
            refuseOtherKind(file, mapped);
            throw new SafetensorsException(
                    file,
                    "the header length is "
                            + Long.toUnsignedString(headerBytes)
                            + " bytes, expected from 1 to "
                            + Math.min(rest, SafetensorsHeader.LONGEST)
                            + ". This is no safetensors file or it is cut short: download or write it again.");
        }
        long dataBytes = rest - headerBytes;
        SafetensorsHeader header =
                SafetensorsHeader.parse(file, mapped.asSlice(Long.BYTES, headerBytes).asByteBuffer(), dataBytes);
        MemorySegment data = mapped.asSlice(Long.BYTES + headerBytes, dataBytes);
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (SafetensorsHeader.Slot slot : header.slots()) {
            MemorySegment bytes = data.asSlice(slot.begin(), slot.end() - slot.begin());
            tensors.put(slot.name(), new StoredTensor(slot.name(), slot.type(), slot.shape(), bytes));
        }
        return new Safetensors(file, header.metadata(), tensors);
    }

    /** Says what a file is that begins with no header, if that can be told. */
    private static void refuseOtherKind(Path file, MemorySegment content) {
        byte[] first =
                content.asSlice(0, Math.min(content.byteSize(), FileKind.FIRST_BYTES)).toArray(ValueLayout.JAVA_BYTE);
        // The beginning of one that is cut short is told by what its header says.
        Optional<FileKind> kind = FileKind.of(first).filter(found -> found != FileKind.SAFETENSORS);
        if (kind.isPresent()) {
            throw new SafetensorsException(file, kind.get().sentence() + ", expected a safetensors file.");
        }
        String text = new String(first, StandardCharsets.US_ASCII);
        if (text.chars().allMatch(c -> c >= ' ' && c <= '~' || Character.isWhitespace(c))) {
            throw new SafetensorsException(
                    file,
                    "it holds the text "
                            + Quoted.of(text)
                            + ", expected a safetensors file. If a server sent that instead of the file, download it"
                            + " again.");
        }
    }

    /**
     * Which file this is.
     *
     * @return the path as it was given
     */
    public Path file() {
        return file;
    }

    /**
     * The strings of {@code __metadata__}.
     *
     * @return unmodifiable, in file order, empty if the file has none
     */
    public Map<String, String> metadata() {
        return metadata;
    }

    /**
     * All tensors.
     *
     * @return in the order of the header; their data are read-only
     */
    public List<StoredTensor> tensors() {
        return List.copyOf(tensors.values());
    }

    /**
     * The tensor of a name.
     *
     * @param name the name
     * @return the tensor, its data read-only, or empty if there is none
     */
    public Optional<StoredTensor> tensor(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    /**
     * The tensor of a name that must be there.
     *
     * @param name the name
     * @return the tensor, its data read-only
     * @throws SafetensorsException if there is none
     */
    public StoredTensor require(String name) {
        return tensor(name)
                .orElseThrow(() ->
                        new SafetensorsException(
                                file,
                                "has no tensor "
                                        + Quoted.of(name)
                                        + " among its "
                                        + tensors.size()
                                        + ", such as "
                                        + tensors.keySet().stream().limit(3).map(Quoted::of).toList()
                                        + ". Check that the file is of this model."));
    }
}
