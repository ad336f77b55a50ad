package dev.unmask.tensor.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a file turns out to be that was taken for something else, told by its first bytes. It is asked for before a file
 * is read and when it could not be, to say more than that it is malformed.
 */
public enum FileKind {
    /** Three lines in the place of a file that Git keeps elsewhere. */
    LFS_POINTER(
            "a Git-LFS pointer, which stands for a file that has not been fetched",
            "run git lfs pull where it is from, or download the file itself"),
    /** What a server sends instead of a file. */
    WEB_PAGE(
            "a web page, as a download leaves that failed or needs a login",
            "open it to see what went wrong, and download again"),
    /** {@code .gz}. */
    GZIP("compressed by gzip", "unpack it with gunzip"),
    /** {@code .zst}. */
    ZSTANDARD("compressed by Zstandard", "unpack it with zstd -d"),
    /** {@code .xz}. */
    XZ("compressed by xz", "unpack it with unxz"),
    /** {@code .bz2}. */
    BZIP2("compressed by bzip2", "unpack it with bunzip2"),
    /** {@code .lz4}. */
    LZ4("compressed by LZ4", "unpack it with lz4 -d"),
    /** {@code .zip}, and what is packed like it: {@code .docx}, {@code .epub}, PyTorch's files. */
    ZIP("a ZIP archive, as .docx, .epub and PyTorch's .pt and .bin files are too", "unpack or convert what is in it"),
    /** {@code .7z}. */
    SEVEN_ZIP("a 7-Zip archive", "unpack it with 7z x"),
    /** {@code .rar}. */
    RAR("a RAR archive", "unpack it with unrar"),
    /** {@code .tar}. */
    TAR("a tar archive", "unpack it with tar -x"),
    /** Columns of Apache Parquet. */
    PARQUET("a Parquet file", "write its text column as lines of JSON, each with a \"text\""),
    /** Columns of Apache Arrow. */
    ARROW("an Arrow file", "write its text column as lines of JSON, each with a \"text\""),
    /** A printed page. */
    PDF("a PDF file", "extract its text, for example with pdftotext"),
    /** Weights for llama.cpp. */
    GGUF("a GGUF file", "get the model as .safetensors"),
    /** Python objects, as PyTorch saved them formerly. */
    PICKLE("a Python pickle, as PyTorch saves it", "convert it to .safetensors"),
    /** Weights. */
    SAFETENSORS("a .safetensors file, which holds weights", "name it where a model is asked for"),
    /** A picture. */
    IMAGE("an image", "name another file"),
    /** A program. */
    PROGRAM("a program", "name another file"),
    /** Text in four bytes a character. */
    UTF_32("text in UTF-32", "convert it with iconv -f UTF-32 -t UTF-8"),
    /** Text in two bytes a character, the low one first. */
    UTF_16LE("text in UTF-16, little-endian", "convert it with iconv -f UTF-16LE -t UTF-8"),
    /** Text in two bytes a character, the high one first. */
    UTF_16BE("text in UTF-16, big-endian", "convert it with iconv -f UTF-16BE -t UTF-8");

    /** How much of a file tells its kind, in bytes. */
    public static final int FIRST_BYTES = 512;

    private static final int TAR_MAGIC_AT = 257;

    /** The part of spaces, line ends and digits in a text of any script. */
    private static final double LEAST_NULS = 0.02;

    private static final List<Magic> MAGICS =
            List.of(
                    new Magic(GZIP, "1f8b08"),
                    new Magic(ZSTANDARD, "28b52ffd"),
                    new Magic(XZ, "fd377a585a00"),
                    new Magic(LZ4, "04224d18"),
                    new Magic(ZIP, "504b0304"),
                    new Magic(ZIP, "504b0506"),
                    new Magic(SEVEN_ZIP, "377abcaf271c"),
                    new Magic(RAR, "526172211a07"),
                    new Magic(ARROW, "4152524f57310000"),
                    new Magic(PDF, "255044462d"),
                    new Magic(IMAGE, "89504e470d0a1a0a"),
                    new Magic(IMAGE, "ffd8ff"),
                    new Magic(IMAGE, "474946383961"),
                    new Magic(PROGRAM, "7f454c46"),
                    new Magic(UTF_32, "fffe0000"),
                    new Magic(UTF_32, "0000feff"),
                    new Magic(UTF_16LE, "fffe"),
                    new Magic(UTF_16BE, "feff"));

    private final String what;
    private final String remedy;

    FileKind(String what, String remedy) {
        this.what = what;
        this.remedy = remedy;
    }

    private record Magic(FileKind kind, String hexadecimal) {
        boolean begins(byte[] first) {
            return HexFormat.of()
                    .formatHex(first, 0, Math.min(first.length, hexadecimal.length() / 2))
                    .equals(hexadecimal);
        }
    }

    /**
     * Looks at the beginning of a file.
     *
     * @param file a regular file
     * @return its kind, if it is one of these
     * @throws IOException if it cannot be read
     */
    public static Optional<FileKind> of(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return of(in.readNBytes(FIRST_BYTES));
        }
    }

    /**
     * Looks at the beginning of a file.
     *
     * @param first its first {@link #FIRST_BYTES} bytes, or all if it has fewer
     * @return its kind, if it is one of these
     */
    public static Optional<FileKind> of(byte[] first) {
        Optional<FileKind> magic = MAGICS.stream().filter(m -> m.begins(first)).map(Magic::kind).findFirst();
        if (magic.isPresent()) {
            return magic;
        }
        String text = new String(first, StandardCharsets.ISO_8859_1);
        if (text.startsWith("version https://git-lfs.github.com/spec/")) {
            return Optional.of(LFS_POINTER);
        }
        String markup = text.replaceFirst("^\u00EF\u00BB\u00BF", "").stripLeading().toLowerCase(Locale.ROOT);
        if (markup.startsWith("<!doctype html") || markup.startsWith("<html") || markup.startsWith("<?xml")) {
            return Optional.of(WEB_PAGE);
        }
        if (text.startsWith("ustar", TAR_MAGIC_AT)) {
            return Optional.of(TAR);
        }
        return beginningWithLetters(text, first).or(() -> byNuls(first));
    }

    /** Kinds whose first letters a text might have too. */
    private static Optional<FileKind> beginningWithLetters(String text, byte[] first) {
        if (text.startsWith("BZh") && text.startsWith("1AY&SY", 4)) {
            return Optional.of(BZIP2);
        }
        boolean binary = first.length > 4 && first[4] < ' ' && first[4] >= 0 && !Character.isWhitespace(first[4]);
        if (text.startsWith("PAR1") && binary) {
            return Optional.of(PARQUET);
        }
        if (text.startsWith("GGUF") && binary) {
            return Optional.of(GGUF);
        }
        if (first.length > 2 && (first[0] & 0xFF) == 0x80 && first[1] >= 2 && first[1] <= 5) {
            return Optional.of(PICKLE);
        }
        if (text.startsWith("\0\0\0\0{\"", 4)) {
            return Optional.of(SAFETENSORS);
        }
        return Optional.empty();
    }

    /** Letters of Latin scripts in UTF-16 have a NUL each, always on the same side. */
    private static Optional<FileKind> byNuls(byte[] first) {
        int[] nuls = new int[4];
        int whole = first.length - first.length % 4;
        for (int i = 0; i < whole; i++) {
            nuls[i % 4] += first[i] == 0 ? 1 : 0;
        }
        StringBuilder sides = new StringBuilder();
        for (int count : nuls) {
            double part = 4.0 * count / Math.max(1, whole);
            sides.append(part > 0.75 ? '0' : part < 0.25 ? 'x' : '?');
        }
        return switch (sides.toString()) {
            case "x000", "000x" -> Optional.of(UTF_32);
            case "x0x0" -> Optional.of(UTF_16LE);
            case "0x0x" -> Optional.of(UTF_16BE);
            default -> otherScript(first);
        };
    }

    /** Letters of other scripts have no NULs in UTF-16, but spaces, line ends and digits do. */
    private static Optional<FileKind> otherScript(byte[] first) {
        int[] nuls = new int[2];
        int whole = first.length - first.length % 2;
        for (int i = 0; i < whole; i++) {
            nuls[i % 2] += first[i] == 0 ? 1 : 0;
        }
        boolean little = nuls[1] > nuls[0];
        int most = Math.max(nuls[0], nuls[1]);
        // A letter may end in a NUL too; few may have come into a text of bytes by accident.
        if (most < 3 * Math.min(nuls[0], nuls[1]) || 2.0 * most < LEAST_NULS * whole || most == 0 || isText(first)) {
            return Optional.empty();
        }
        String text = new String(first, 0, whole, little ? StandardCharsets.UTF_16LE : StandardCharsets.UTF_16BE);
        return text.codePoints().limit(text.length() - 1L).allMatch(FileKind::isWritten)
                ? Optional.of(little ? UTF_16LE : UTF_16BE)
                : Optional.empty();
    }

    /** Whether these are letters in UTF-8, if with a NUL among them. */
    private static boolean isText(byte[] first) {
        String text = new String(first, StandardCharsets.UTF_8).replace("\0", "");
        return text.codePoints().limit(Math.max(0, text.length() - 1L)).allMatch(FileKind::isWritten);
    }

    private static boolean isWritten(int point) {
        int type = Character.getType(point);
        return Character.isWhitespace(point)
                || type != Character.CONTROL
                        && type != Character.UNASSIGNED
                        && type != Character.PRIVATE_USE
                        && type != Character.SURROGATE
                        && point != '\uFFFD';
    }

    /**
     * What it is and what to do, to stand after the name of a file.
     *
     * @return such as {@code it is compressed by gzip; unpack it with gunzip}
     */
    public String sentence() {
        return "it is " + what + "; " + remedy;
    }
}
