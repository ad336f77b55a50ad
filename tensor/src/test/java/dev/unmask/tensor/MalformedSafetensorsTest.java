package dev.unmask.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.io.Safetensors;
import dev.unmask.tensor.io.SafetensorsException;
import dev.unmask.tensor.io.SafetensorsWriter;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

class MalformedSafetensorsTest {
    private static final String ADVICE = ". Download or write the file again.";

    @TempDir private Path directory;

    @Test
    void refusesWhatIsNoRegularFile() {
        Path missing = directory.resolve("missing");
        assertEquals(missing + ": does not exist, expected a safetensors file. Check the path.", refusal(missing));
        assertEquals(
                directory + ": is a directory, expected a safetensors file. Name a file inside it.",
                refusal(directory));
    }

    @Test
    void refusesAFileShorterThanAHeaderLength() throws IOException {
        assertEquals("has 0 bytes, expected at least the 8 of a header length" + ADVICE, refused(new byte[0]));
        assertEquals("has 7 bytes, expected at least the 8 of a header length" + ADVICE, refused(new byte[7]));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "11, 11", "-1, 18446744073709551615", "9223372036854775807, 9223372036854775807"})
    void refusesAHeaderLengthOfZeroOrPastTheEndOfTheFile(long length, String shown) throws IOException {
        assertEquals(
                "the header length is "
                        + shown
                        + " bytes, expected from 1 to 10."
                        + " This is no safetensors file or it is cut short: download or write it again.",
                refused(ByteBuffer.allocate(18).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array()));
    }

    @Test
    void saysWhatAFileIsThatIsNoSafetensorsFile() throws IOException {
        assertEquals(
                "it is a Git-LFS pointer, which stands for a file that has not been fetched; run git lfs pull where it"
                        + " is from, or download the file itself, expected a safetensors file.",
                refused("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 690432\n"));
        assertTrue(refused("<!DOCTYPE html>\n<html></html>").startsWith("it is a web page"));
        assertTrue(refused("PK\003\004 and so on").startsWith("it is a ZIP archive"));
        assertTrue(refused("Entry not found").startsWith("it holds the text \"Entry not found\", expected"));
        assertTrue(refused("{\"error\": \"no\"}").startsWith("it holds the text \"{\\\"error\\\": "));
    }

    private String refused(String content) throws IOException {
        return refused(content.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void refusesAHeaderOverTheLimitOfTheFormat() throws IOException {
        Path path = directory.resolve("sparse");
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.writeLong(Long.reverseBytes(100_000_001));
            file.setLength(200_000_000);
        }
        String message = refusal(path);
        assertTrue(message.contains("length is 100000001 bytes, expected from 1 to 100000000"), message);
    }

    @Test
    void refusesAHeaderThatIsNotUtf8() throws IOException {
        byte[] file = file("{\"?\":1}", 0);
        file[10] = (byte) 0xFF;
        assertEquals("the header is not UTF-8" + ADVICE, refused(file));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "[]|the header begins with \"[\", expected the { of a JSON object",
                " {}|the header begins with \" \", expected the { of a JSON object",
                "{}x|the header has \"x\" after its JSON object, at character 2, expected only spaces",
                "{}  {}|the header has \"{\" after its JSON object, at character 4, expected only spaces",
                "{} \t|the header has \"\\t\" after its JSON object, at character 3, expected only spaces",
                "{\"__metadata__\":[]}|__metadata__ is [], expected an object of strings",
                "{\"__metadata__\":{\"step\":3}}|__metadata__ \"step\" is 3, expected a string",
                "{\"__metadata__\":{\"a\":null}}|__metadata__ \"a\" is null, expected a string",
                "{\"x\":3}|tensor \"x\": its entry is 3, expected an object",
            })
    void refusesAHeaderThatIsNotOneObjectOfEntries(String json, String finding) throws IOException {
        assertEquals(finding + ADVICE, refused(file(json, 0)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"x\":|the header is not a JSON object at character 5",
                "{'x':1}|the header is not a JSON object at character 1",
                "{\"x\":1,}|the header is not a JSON object at character 7",
                "{\"x\":1,\"x\":1}|Duplicate field 'x'",
                "{\"x\":{\"shape\":[],\"shape\":[]}}|Duplicate field 'shape'",
                "{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}|Duplicate field 'a'",
                "{\"x\":{\"shape\":[NaN]}}|the header is not a JSON object",
            })
    void refusesAHeaderThatIsNotJsonOrNamesAnythingTwice(String json, String part) throws IOException {
        String message = refused(file(json, 0));
        assertTrue(message.startsWith("the header is not a JSON object"), message);
        assertTrue(message.contains(part), message);
    }

    @Test
    void refusesNestingWithoutEnd() throws IOException {
        String message = refused(file("{\"x\":" + "[".repeat(100_000), 0));
        assertTrue(message.startsWith("the header is not a JSON object"), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "4|[1]|[0,4]|dtype is 4, expected a string",
                "\"F4\"|[1]|[0,4]|unknown dtype \"F4\", expected one of [BOOL, U8, I8, ",
                "\"f32\"|[1]|[0,4]|unknown dtype \"f32\", expected one of [BOOL, U8, I8, ",
                "null|[1]|[0,4]|dtype is null, expected a string",
                "\"F32\"|1|[0,4]|shape is 1, expected an array of integers",
                "\"F32\"|[-1]|[0,4]|extent 0 of the shape is -1, expected an integer from 0 to 2147483647",
                "\"F32\"|[1,1.0]|[0,4]|extent 1 of the shape is 1.0, expected an integer from 0 to 2147483647",
                "\"F32\"|[\"1\"]|[0,4]|extent 0 of the shape is \"1\", expected an integer from 0 to 2147483647",
                "\"F32\"|[1e0]|[0,4]|extent 0 of the shape is 1.0, expected an integer from 0 to 2147483647",
                "\"U8\"|[2147483648]|[0,4]|extent 0 of the shape is 2147483648, expected an integer from 0 to",
                "\"U8\"|[99999999999999999999]|[0,4]|extent 0 of the shape is 99999999999999999999, expected",
                "\"U8\"|[65536,65536,65536,65536]|[0,4]|the product of the shape [65536,65536,65536,65536] is more",
                "\"U8\"|[65536,65536,65536,32768]|[0,4]|the product of the shape [65536,65536,65536,32768] is more",
                "\"F64\"|[2147483647,2147483647]|[0,4]|F64[2147483647, 2147483647] takes more bytes than 2^63 - 1",
                "\"F32\"|[1]|4|data_offsets is 4, expected [begin, end]",
                "\"F32\"|[1]|[0]|data_offsets is [0], expected [begin, end]",
                "\"F32\"|[1]|[0,4,8]|data_offsets is [0,4,8], expected [begin, end]",
                "\"F32\"|[1]|[0,4.5]|data_offsets has 4.5, expected an integer from 0 up",
                "\"F32\"|[1]|[-4,0]|data_offsets has -4, expected an integer from 0 up",
                "\"F32\"|[1]|[0,9223372036854775808]|data_offsets has 9223372036854775808, expected an integer",
                "\"F32\"|[1]|[4,0]|data_offsets [4, 0] end before they begin",
                "\"F32\"|[2]|[0,8]|data_offsets [0, 8] reach past the 4 bytes of data; the file may be cut short",
                "\"F32\"|[1]|[0,3]|F32[1] takes 4 bytes, data_offsets [0, 3] are 3 bytes",
                "\"F32\"|[0]|[0,4]|F32[0] takes 0 bytes, data_offsets [0, 4] are 4 bytes",
                "\"F16\"|[1]|[0,4]|F16[1] takes 2 bytes, data_offsets [0, 4] are 4 bytes",
            })
    void refusesAnEntryThatIsNotConsistent(String dtype, String shape, String offsets, String part) throws IOException {
        String message = refused(file("{" + entry("x", dtype, shape, offsets) + "}", 4));
        assertTrue(message.startsWith("tensor \"x\": " + part), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"shape\":[1],\"data_offsets\":[0,4]|dtype is missing, expected a string",
                "\"dtype\":\"F32\",\"data_offsets\":[0,4]|shape is missing, expected an array of integers",
                "\"dtype\":\"F32\",\"shape\":[1]|data_offsets is missing, expected [begin, end]",
                "\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"strides\":[1]"
                        + "|unknown key \"strides\", expected [data_offsets, dtype, shape]",
            })
    void refusesAnEntryWithMissingOrUnknownKeys(String properties, String finding) throws IOException {
        assertEquals("tensor \"x\": " + finding + ADVICE, refused(file("{\"x\":{" + properties + "}}", 4)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[0,4]|[0,4]|4|tensor \"b\": its data overlap with those of tensor \"a\"",
                "[0,4]|[3,7]|7|tensor \"b\": its data overlap with those of tensor \"a\"",
                "[3,7]|[0,4]|7|tensor \"a\": its data overlap with those of tensor \"b\"",
                "[0,4]|[5,9]|9|tensor \"b\": there is a gap of 1 bytes between tensor \"a\" and its data, expected"
                        + " none",
                "[1,5]|[5,9]|9|tensor \"a\": there is a gap of 1 bytes between the start of the data and its data,"
                        + " expected none",
                "[0,4]|[4,8]|10|2 bytes follow after tensor \"b\" that belong to no tensor, expected none",
            })
    void refusesDataThatAreNotCoveredExactlyOnce(String a, String b, int dataBytes, String finding) throws IOException {
        String json = "{" + entry("a", "\"F32\"", "[1]", a) + "," + entry("b", "\"F32\"", "[1]", b) + "}";
        assertEquals(finding + ADVICE, refused(file(json, dataBytes)));
    }

    @Test
    void refusesDataWithoutTensors() throws IOException {
        assertEquals(
                "3 bytes follow after the start of the data that belong to no tensor, expected none" + ADVICE,
                refused(file("{}", 3)));
    }

    @Test
    void showsNamesFromOutsideEscapedAndCutShort() throws IOException {
        String message = refused(file("{\"\\u001b[2J" + "n".repeat(5_000) + "\":1}", 0));
        assertTrue(message.startsWith("tensor \"\\u001B[2Jnnn"), message);
        assertTrue(message.length() < 400, message);
    }

    @Test
    void damagedFilesAreReadOrRefusedNeverAnythingElse() throws IOException {
        Path path = directory.resolve("valid");
        new SafetensorsWriter()
                .metadata("format", "pt")
                .add(new StoredTensor("embedding", StoredType.F32, Shape.of(2, 3), MemorySegment.ofArray(new float[6])))
                .add(new StoredTensor("ids", StoredType.I64, Shape.of(2), MemorySegment.ofArray(new long[2])))
                .add(new StoredTensor("scale", StoredType.BF16, Shape.of(), MemorySegment.ofArray(new short[1])))
                .write(path);
        byte[] valid = Files.readAllBytes(path);
        int headerEnd = valid.length - 42;
        int refused = 0;
        int cases = 4_000;
        for (int i = 0; i < cases; i++) {
            byte[] damaged = valid.clone();
            if (i % 4 == 3) {
                damaged = Arrays.copyOf(valid, below(i, 9, valid.length));
            } else {
                for (int flip = 0; flip <= i % 4; flip++) {
                    damaged[below(i, 2 * flip, headerEnd)] = (byte) below(i, 2 * flip + 1, 256);
                }
            }
            // Beside the old one: the mapping of a file must not be cut short.
            Path file = Files.write(directory.resolve("damaged" + i), damaged);
            try {
                for (StoredTensor tensor : Safetensors.open(file).tensors()) {
                    assertEquals(tensor.shape().elements() * tensor.type().bytes(), tensor.data().byteSize());
                }
            } catch (SafetensorsException e) {
                assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
                refused++;
            }
            Files.delete(file);
        }
        assertTrue(refused > cases / 2 && refused < cases, refused + " of " + cases + " were refused");
    }

    private static int below(int step, int index, int bound) {
        return (int) Philox.bounded(3407, Purpose.SYNTHESIS, step, index, bound);
    }

    private String refused(byte[] content) throws IOException {
        Path file = Files.write(directory.resolve("m.safetensors"), content);
        String message = refusal(file);
        assertTrue(message.startsWith(file + ": "), message);
        return message.substring((file + ": ").length());
    }

    private static String refusal(Path file) {
        return assertThrows(SafetensorsException.class, () -> Safetensors.open(file)).getMessage();
    }

    private static String entry(String name, String dtype, String shape, String offsets) {
        return "\"" + name + "\":{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
    }

    private static byte[] file(String json, int dataBytes) {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Long.BYTES + header.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .array();
    }
}
