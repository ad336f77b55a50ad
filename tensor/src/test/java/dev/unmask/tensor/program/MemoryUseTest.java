package dev.unmask.tensor.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.ByteSize;
import dev.unmask.tensor.program.MemoryUse.Limit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;

class MemoryUseTest {
    private static final Limit DEVICE = new Limit("the device's memory", 100, "");
    private static final Limit OPTION = new Limit("what an option allows", 60, "raise it");

    @Test
    void thePeakIsWhatIsTakenAndTheSumWhatWouldBeIfNothingWereShared() {
        MemoryUse use = new MemoryUse(40, 10, 25, 5, List.of(DEVICE));
        assertEquals(55, use.peak());
        assertEquals(70, use.sumOfParts());
    }

    @Test
    void theSmallestLimitDecides() {
        assertEquals(OPTION, new MemoryUse(0, 0, 0, 0, List.of(DEVICE, OPTION)).tightest());
        assertTrue(new MemoryUse(40, 10, 99, 10, List.of(DEVICE, OPTION)).fits());
        assertFalse(new MemoryUse(41, 10, 99, 10, List.of(DEVICE, OPTION)).fits());
    }

    @Test
    void aDeviceWithoutALimitIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new MemoryUse(0, 0, 0, 0, List.of()));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 bytes",
        "1023, 1023 bytes",
        "1024, 1.0 KiB",
        "1572864, 1.5 MiB",
        "8589934592, 8.0 GiB",
        "5497558138880, 5.0 TiB",
        "9223372036854775807, 8388608.0 TiB"
    })
    void sizesAreWrittenInTheLargestUnitThatTheyFill(long bytes, String written) {
        assertEquals(written, ByteSize.of(bytes));
    }

    @Test
    void memoryOutsideTheHeapIsLimitedByTheOption() {
        Limit limit = Limit.offHeap();
        assertTrue(limit.bytes() > 0);
        assertEquals("raise -XX:MaxDirectMemorySize", limit.remedy());
    }
}
