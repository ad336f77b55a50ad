package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;

class DevicesTest {
    private static final List<Device> DEVICES =
            List.of(new PlainDevice("0:0", 1), new PlainDevice("0:1", 1), new PlainDevice("1:0", 1));

    @ParameterizedTest
    @CsvSource({"'', 0:0", "0:1, 0:1", "tornado:0:1, 0:1", "tornado:1:0, 1:0", "tornado:, 0:0"})
    void aDeviceIsFoundByItsNumber(String wanted, String found) {
        assertEquals(found, Devices.choose(DEVICES, wanted).number());
    }

    @ParameterizedTest
    @CsvSource({"tornado:0:2", "2:0", "0", "gpu"})
    void aDeviceThatIsNotThereIsRefusedWithThoseThatAre(String wanted) {
        assertEquals(
                "device: found "
                        + wanted
                        + ", expected one of tornado:0:0 (host 0:0), tornado:0:1 (host 0:1), tornado:1:0 (host 1:0)",
                assertThrows(InputException.class, () -> Devices.choose(DEVICES, wanted)).getMessage());
    }

    @Test
    void aDeviceIsListedAsItIsAskedFor() {
        assertEquals("tornado:0:1 plain Java", Devices.line(DEVICES.get(1)));
    }
}
