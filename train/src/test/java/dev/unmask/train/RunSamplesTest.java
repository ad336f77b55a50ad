package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

class RunSamplesTest {
    private static final String FIRST = "{\"step\":4,\"given\":\"a\",\"made\":\"b\"}\n";

    @TempDir private Path folder;

    /** As a full disk or a kill leaves it. */
    @Test
    void aLastLineThatWasCutOffAnywhereIsLeftOut() throws IOException {
        byte[] whole =
                (FIRST + "{\"step\":8,\"given\":\"\u4e2d\",\"made\":\"\ud83d\ude00\"}\n")
                        .getBytes(StandardCharsets.UTF_8);
        RunSamples.Written first = new RunSamples.Written(4, "a", "b");
        Path file = folder.resolve("samples.jsonl");
        for (int length = FIRST.length(); length < whole.length - 1; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertEquals(List.of(first), RunSamples.read(folder), length + " bytes");
        }
        Files.write(file, whole);
        assertEquals(List.of(first, new RunSamples.Written(8, "\u4e2d", "\ud83d\ude00")), RunSamples.read(folder));
    }
}
