package dev.unmask.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** What a file is that was taken for something else. */
class FileKindTest {
    private static final String TEXT = "The river runs to the north,\nand a dog meets señor García.\n";

    private static Optional<FileKind> kind(byte[] content) {
        return FileKind.of(Arrays.copyOf(content, Math.min(content.length, FileKind.FIRST_BYTES)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "\uFEFFmarked",
                "PAR1 is a word",
                "GGUF is a format",
                "BZh is no word",
                "{\"text\": \"a\"}",
                "version 2 of the text",
                "<p>a piece</p>",
                TEXT
            })
    void textInUtf8IsNothingElse(String text) {
        assertEquals(Optional.empty(), kind(text.getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @CsvSource({"UTF-16LE,UTF_16LE", "UTF-16BE,UTF_16BE", "UTF-32LE,UTF_32", "UTF-32BE,UTF_32"})
    void otherEncodingsAreToldWithAndWithoutAMark(String charset, FileKind expected) {
        for (String mark : new String[] {"", "\uFEFF"}) {
            assertEquals(Optional.of(expected), kind((mark + TEXT).getBytes(Charset.forName(charset))), charset + mark);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Привет, мир: это проверка текста на русском языке.\n",
                "今日は良い天気です。明日も晴れるでしょう。\n",
                "هذا نص باللغة العربية\n",
                "한국어로 쓴 글입니다\r\n",
            })
    void otherScriptsInUtf16AreToldBySpacesAndLineEnds(String line) {
        byte[] little = line.repeat(30).getBytes(StandardCharsets.UTF_16LE);
        assertEquals(Optional.of(FileKind.UTF_16LE), kind(little));
        assertEquals(Optional.of(FileKind.UTF_16BE), kind(line.repeat(30).getBytes(StandardCharsets.UTF_16BE)));
        assertEquals(Optional.empty(), kind(line.repeat(30).getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a line with \0 in it\n", "\0", "a\0b\0c and more of the like\n"})
    void aNulInAnotherTextMakesNoUtf16(String text) {
        assertEquals(Optional.empty(), kind(text.getBytes(StandardCharsets.UTF_8)));
        assertEquals(Optional.empty(), kind((TEXT + text + "ä" + TEXT).getBytes(StandardCharsets.ISO_8859_1)));
    }

    @Test
    void packedFilesAreToldByTheirFirstBytes() throws IOException {
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
            out.write(TEXT.getBytes(StandardCharsets.UTF_8));
        }
        assertEquals(Optional.of(FileKind.GZIP), kind(gzip.toByteArray()));
        ByteArrayOutputStream zip = new ByteArrayOutputStream();
        try (ZipOutputStream out = new ZipOutputStream(zip)) {
            out.putNextEntry(new ZipEntry("a.txt"));
        }
        assertEquals(Optional.of(FileKind.ZIP), kind(zip.toByteArray()));
    }

    @ParameterizedTest
    @CsvSource({
        "28b52ffd24,ZSTANDARD",
        "fd377a585a0000,XZ",
        "425a683931415926535900,BZIP2",
        "5041523115041500,PARQUET",
        "4752415252,",
        "255044462d312e37,PDF",
        "4747554603000000,GGUF",
        "8002636e756d7079,PICKLE",
        "40000000000000007b2261,SAFETENSORS",
        "89504e470d0a1a0a,IMAGE",
        "7f454c460201,PROGRAM",
    })
    void binaryFilesAreToldByTheirFirstBytes(String hexadecimal, FileKind expected) {
        assertEquals(Optional.ofNullable(expected), kind(HexFormat.of().parseHex(hexadecimal)));
    }

    @ParameterizedTest
    @CsvSource({
        "'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 6\n',LFS_POINTER",
        "'<!DOCTYPE html><html>',WEB_PAGE",
        "'\n <HTML lang=en>',WEB_PAGE",
        "'<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>',WEB_PAGE",
    })
    void whatComesInThePlaceOfADownloadIsTold(String content, FileKind expected) {
        assertEquals(Optional.of(expected), kind(content.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void aFileIsLookedAt(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("a"), TEXT, StandardCharsets.UTF_16LE);
        assertEquals(Optional.of(FileKind.UTF_16LE), FileKind.of(file));
        assertTrue(FileKind.UTF_16LE.sentence().contains("iconv -f UTF-16LE"), FileKind.UTF_16LE.sentence());
    }
}
