package dev.unmask.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;
import dev.unmask.train.data.TextFiles.Layout;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

class TextFilesTest {
    @TempDir private Path folder;

    private static List<String> read(Layout layout, Path... paths) throws IOException {
        try (Stream<String> documents = new TextFiles(List.of(paths), layout).documents()) {
            return documents.toList();
        }
    }

    private static String refusal(Layout layout, Path path) {
        return assertThrows(InputException.class, () -> read(layout, path)).getMessage();
    }

    @Test
    void aFileIsADocumentAndAFolderIsReadInTheOrderOfNames() throws IOException {
        Path below = Files.createDirectory(folder.resolve("b"));
        Files.writeString(below.resolve("2.txt"), "second\nline");
        Files.writeString(folder.resolve("a.md"), "first");
        Files.writeString(folder.resolve("c.bin"), "not text");
        Files.writeString(folder.resolve(".hidden.txt"), "hidden");
        Files.writeString(folder.resolve("d.txt"), " \n");
        assertEquals(List.of("first", "second\nline"), read(Layout.FILE, folder));
    }

    @Test
    void aLineIsADocumentWhateverEndsIt() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "\uFEFFone\r\n\n  \ntwo é\nthree");
        assertEquals(List.of("one", "two é", "three"), read(Layout.LINES, file));
    }

    @Test
    void jsonLinesHoldATextOrAPromptAndItsCompletion() throws IOException {
        Path file =
                Files.writeString(
                        folder.resolve("a.jsonl"),
                        "{\"text\": \"a\\nb\", \"more\": 1}\n\n{\"prompt\": \"q: \", \"completion\": \"x\"}\n");
        assertEquals(List.of("a\nb", "q: x"), read(Layout.JSON_LINES, folder));
        Files.writeString(folder.resolve("b.ndjson"), "{\"text\": \"c\"}\n");
        assertEquals(List.of("a\nb", "q: x", "c"), read(Layout.JSON_LINES, folder));
        assertEquals(List.of("a\nb", "q: x"), read(Layout.JSON_LINES, file));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"text\":                          | the line ends within an object, an array or a string",
                "{                                   | with jq -c .",
                "{\"text\": NaN}                     | it is not JSON (Non-standard token 'NaN'); expected one object",
                "{'text': 'a'}                       | it is not JSON",
                "{\"text\": \"a\",}                  | it is not JSON",
                "{\"text\": \"a\", \"text\": \"b\"}    | Duplicate field 'text'",
                "{\"text\": \"a\"}{\"text\": \"b\"}    | found a second value after the object",
                "{\"text\": \"a\"} {\"text\": \"b\"}   | found a second value after the object",
                "{\"text\": \"a\"},                  | found more after the object",
                "{\"text\": \"a\"} 5                 | found more after the object",
                "{\"text\": \"a\"}\uFEFF{\"text\":\"b\"} | found a byte-order mark (EF BB BF) inside the line",
                "{\"text\": 1}                       | \"text\" is a number, expected a string",
                "{\"text\": null}                    | \"text\" is null, expected a string",
                "{\"text\": [\"a\"]}                 | \"text\" is an array, expected a string",
                "{\"text\": {\"text\": \"a\"}}         | \"text\" is an object, expected a string",
                "{\"prompt\": \"a\"}                 | \"completion\" is missing, expected a string",
                "{\"prompt\": \"a\", \"completion\": 2} | \"completion\" is a number, expected a string",
                "{\"data\": {\"text\": \"a\"}, \"id\": 1} | found the keys \"data\", \"id\", expected the string",
                "{}                                  | found no key, expected the string",
                "[{\"text\": \"a\"}]                 | found an array, expected one object a line",
                "\"a\"                               | found no object, expected one object a line",
                "{\"text\": \"\\ud800 a\"}           | \"text\" has half of a surrogate pair",
                "{\"text\": \"a\\ufeffb\"}           | \"text\" has a byte-order mark",
            })
    void aRecordThatIsNotOneObjectWithATextIsRefusedWithFileAndLine(String record, String finding) throws IOException {
        Path file = Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"a\"}\n\n" + record + "\n");
        String message = refusal(Layout.JSON_LINES, file);
        assertTrue(message.startsWith(file + ", line 3: "), message);
        assertTrue(message.contains(finding), message);
    }

    @Test
    void filesThatWereAppendedKeepTheirRecordsWithoutTheirMarks() throws IOException {
        Path lines = Files.writeString(folder.resolve("a.txt"), "\uFEFFone\n\uFEFFtwo\r\uFEFF\uFEFFthree");
        assertEquals(List.of("one", "two", "three"), read(Layout.LINES, lines));
        assertEquals(List.of("one\ntwo\rthree"), read(Layout.FILE, lines));
        Path json =
                Files.writeString(folder.resolve("a.jsonl"), "\uFEFF{\"text\":\"\uFEFFa\"}\n\uFEFF{\"text\":\"b\"}");
        assertTrue(refusal(Layout.JSON_LINES, json).contains("line 1: found a byte-order mark"));
        Files.writeString(json, "\uFEFF{\"text\":\"\\uFEFFa\"}\n\uFEFF{\"text\":\"b\"}");
        assertEquals(List.of("a", "b"), read(Layout.JSON_LINES, json));
    }

    @Test
    void filesThatWereJoinedInsideALineAreRefusedWithFileAndLine() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "one\r\ntwo\uFEFFthree\n");
        for (Layout layout : new Layout[] {Layout.FILE, Layout.LINES}) {
            String message = refusal(layout, file);
            assertTrue(message.startsWith(file + ", line 2: found a byte-order mark"), message);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void aLineEndsAsOnAnySystem(String end) throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), String.join(end, "one", "", "two", "three") + end);
        assertEquals(List.of("one", "two", "three"), read(Layout.LINES, file));
        Files.writeString(file, String.join(end, "one", "two", "a\0b"));
        assertTrue(refusal(Layout.LINES, file).startsWith(file + ", line 3: found a NUL byte"));
        assertTrue(refusal(Layout.FILE, file).startsWith(file + ", line 3: found a NUL byte"));
    }

    @Test
    void aLineMayBeLongerThanAnyBuffer() throws IOException {
        String longest = "é".repeat(3_000_000) + "日😀";
        Path file = Files.writeString(folder.resolve("a.txt"), "a\r\n" + longest + "\r\nb");
        assertEquals(List.of("a", longest, "b"), read(Layout.LINES, file));
        Path json = Files.writeString(folder.resolve("a.jsonl"), "{\"text\": \"" + "x".repeat(21_000_000) + "\"}");
        assertEquals(21_000_000, read(Layout.JSON_LINES, json).getFirst().length());
    }

    @Test
    void theCharacterForBytesThatCannotBeReadMayStandInATextItself() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "a \uFFFD b");
        assertEquals(List.of("a \uFFFD b"), read(Layout.LINES, file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
    void anotherEncodingIsRefusedByItsName(String charset) throws IOException {
        Path file = folder.resolve("a.txt");
        for (String mark : new String[] {"", "\uFEFF"}) {
            Files.writeString(file, mark + "the river runs to the north\n", Charset.forName(charset));
            for (Layout layout : List.of(Layout.FILE, Layout.LINES, Layout.JSON_LINES, Layout.CSV)) {
                String message = refusal(layout, file);
                assertTrue(message.startsWith(file + ": it is text in UTF-"), message);
                assertTrue(message.contains("iconv -f " + charset.substring(0, 6)), message);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "version https://git-lfs.github.com/spec/v1, Git-LFS pointer",
        "PK\u0003\u0004x, ZIP archive",
        "%PDF-1.7, PDF file",
    })
    void whatIsNoTextIsRefusedForWhatItIs(String content, String what) throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), content);
        String message = refusal(Layout.LINES, file);
        assertTrue(message.startsWith(file + ": it is a " + what), message);
    }

    @Test
    void filesCompressedByGzipAreReadAsWhatIsInThem() throws IOException {
        gzip("b.txt.gz", "three\n".getBytes(StandardCharsets.UTF_8));
        Files.writeString(folder.resolve("a.txt"), "one\ntwo");
        assertEquals(List.of("one", "two", "three"), read(Layout.LINES, folder));
        Path json = gzip("c.jsonl.GZ", "{\"text\": \"a\"}\n{\"text\": 5}".getBytes(StandardCharsets.UTF_8));
        assertTrue(refusal(Layout.JSON_LINES, json).startsWith(json + ", line 2: \"text\" is a number"));
        Path utf16 = gzip("d.gz", "the river".getBytes(StandardCharsets.UTF_16LE));
        assertTrue(refusal(Layout.FILE, utf16).startsWith(utf16 + ": unpacked, it is text in UTF-16"));
    }

    private Path gzip(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(content);
        }
        return file;
    }

    @Test
    void membersOfGzipThatFollowEachOtherAreOneText() throws IOException {
        byte[] one = Files.readAllBytes(gzip("a.gz", "one\ntw".getBytes(StandardCharsets.UTF_8)));
        byte[] other = Files.readAllBytes(gzip("b.gz", "o\nthree\n".repeat(9000).getBytes(StandardCharsets.UTF_8)));
        Path file = Files.write(folder.resolve("c.txt.gz"), joined(one, other, new byte[512]));
        List<String> read = read(Layout.LINES, file);
        assertEquals(List.of("one", "two", "three"), read.subList(0, 3));
        assertEquals(2 + 2 * 9000 - 1, read.size());
    }

    @Test
    void whatStandsBehindAMemberOfGzipIsNotPassedOver() throws IOException {
        byte[] member = Files.readAllBytes(gzip("a.gz", "the river runs\n".getBytes(StandardCharsets.UTF_8)));
        Path file = folder.resolve("b.txt.gz");
        for (String behind : List.of("x", "\0\0x", "the rest, not compressed")) {
            Files.write(file, joined(member, behind.getBytes(StandardCharsets.UTF_8)));
            String message = refusal(Layout.LINES, file);
            assertTrue(message.contains("bytes that are not compressed stand behind what is"), message);
        }
        for (int cut = 2; cut < member.length; cut++) {
            Files.write(file, joined(member, Arrays.copyOf(member, cut)));
            assertTrue(refusal(Layout.LINES, file).contains("cut short or damaged"), "of the second member " + cut);
        }
        member[member.length - 5] ^= 1;
        Files.write(file, member);
        assertTrue(refusal(Layout.LINES, file).contains("its checksum is another one"));
    }

    private static byte[] joined(byte[]... parts) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.write(part);
        }
        return all.toByteArray();
    }

    @Test
    void compressedFilesThatWereCutShortAreRefused() throws IOException {
        Path file = gzip("a.txt.gz", "the river runs\n".repeat(1000).getBytes(StandardCharsets.UTF_8));
        byte[] whole = Files.readAllBytes(file);
        for (int size : new int[] {5, whole.length / 2, whole.length - 3}) {
            Files.write(file, Arrays.copyOf(whole, size));
            for (Layout layout : new Layout[] {Layout.FILE, Layout.LINES}) {
                String message = refusal(layout, file);
                assertTrue(message.startsWith(file + ": what was compressed is cut short or damaged"), message);
            }
        }
    }

    @Test
    void filesAndFoldersBehindLinksAreReadAndWhatIsHiddenIsNot() throws IOException {
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Files.writeString(elsewhere.resolve("b.txt"), "behind");
        Path texts = Files.createDirectory(folder.resolve("texts"));
        Files.writeString(texts.resolve("a.txt"), "here");
        Files.writeString(Files.createDirectory(texts.resolve(".cache")).resolve("c.txt"), "hidden");
        Files.createSymbolicLink(texts.resolve("z"), elsewhere);
        assertEquals(List.of("here", "behind"), read(Layout.LINES, texts));
    }

    @Test
    void linksThatLeadNowhereOrInACircleAreRefused() throws IOException {
        Path texts = Files.createDirectory(folder.resolve("texts"));
        Files.writeString(texts.resolve("a.txt"), "here");
        Path link = Files.createSymbolicLink(texts.resolve("b.txt"), texts.resolve("gone.txt"));
        assertTrue(refusal(Layout.LINES, texts).startsWith(link + ": found a symbolic link that leads to no file"));
        Files.delete(link);
        Files.createSymbolicLink(texts.resolve("round"), texts);
        assertTrue(refusal(Layout.LINES, texts).contains("a symbolic link to a folder that it lies in"));
    }

    @Test
    void bytesThatAreNotUtf8AreReportedWithFileAndLine() throws IOException {
        Path file = Files.write(folder.resolve("a.txt"), new byte[] {'a', '\n', 'b', '\n', 'c', (byte) 0xE9, 'd'});
        for (Layout layout : new Layout[] {Layout.FILE, Layout.LINES}) {
            String message = refusal(layout, file);
            assertTrue(message.startsWith(file + ", line 3: byte 0xE9 is not UTF-8"), message);
        }
    }

    @Test
    void aMissingFileAndAFolderWithoutTextAreNamed() {
        Path missing = folder.resolve("nowhere.txt");
        String message = assertThrows(IOException.class, () -> read(Layout.LINES, missing)).getMessage();
        assertTrue(message.contains(missing.toString()), message);
        Path device = Path.of("/dev/null");
        assertTrue(refusal(Layout.LINES, device).startsWith(device + ": found no regular file"));
        message = assertThrows(IOException.class, () -> read(Layout.JSON_LINES, folder)).getMessage();
        assertTrue(message.contains(".jsonl"), message);
        assertThrows(InputException.class, () -> new TextFiles(List.of(), Layout.FILE));
    }
}
