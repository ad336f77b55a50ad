package dev.unmask.vector.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

class CacheSizesTest {
    @TempDir Path folder;

    @Test
    void sizesAreReadFromTheFolderOfLinux() throws IOException {
        describe(0, "1", "Data", "48K");
        describe(1, "1", "Instruction", "32K");
        describe(2, "2", "Unified", "2048K");
        describe(3, "3", "Unified", "105M");
        assertEquals(new CacheSizes(2 << 20, 105 << 20), CacheSizes.read(folder));
    }

    @Test
    void whatIsMissingOrUnreadableFallsBackToDefaults() throws IOException {
        assertEquals(CacheSizes.DEFAULTS, CacheSizes.read(folder));
        describe(0, "2", "Unified", "many");
        describe(1, "three", "Unified", "32M");
        assertEquals(CacheSizes.DEFAULTS, CacheSizes.read(folder));
    }

    private void describe(int index, String level, String type, String size) throws IOException {
        Path cache = Files.createDirectories(folder.resolve("index" + index));
        Files.writeString(cache.resolve("level"), level + "\n");
        Files.writeString(cache.resolve("type"), type + "\n");
        Files.writeString(cache.resolve("size"), size + "\n");
    }
}
