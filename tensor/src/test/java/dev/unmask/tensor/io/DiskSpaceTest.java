package dev.unmask.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;

class DiskSpaceTest {
    @TempDir private Path folder;

    @Test
    void aFailedWriteNamesTheFileTheDiskAndItsRoom() {
        IOException full = new IOException("No space left on device");
        IOException named = DiskSpace.unwritable(folder.resolve("missing/file"), full);
        String begin = folder.resolve("missing/file") + ": cannot be written: No space left on device; the disk ";
        assertTrue(named.getMessage().startsWith(begin), named.getMessage());
        assertTrue(named.getMessage().matches("(?s).* has \\S+ \\S+ left of \\S+ \\S+"), named.getMessage());
        assertSame(full, named.getCause());
    }

    @Test
    void saysWhatIsLeftOfWhat() {
        assertEquals(
                "the disk / (/dev/sda1) has 0 bytes left of 1.5 GiB",
                new DiskSpace("/ (/dev/sda1)", 0, 3L << 29).toString());
    }
}
