package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.stream.Stream;

/** A device on which a kernel computes wrongly is not opened. */
class SelfTestTest {
    private static String refusal(Device device) {
        return assertThrows(InputException.class, () -> TornadoBackendProvider.open(device)).getMessage();
    }

    private static PlainDevice without(Entry entry) {
        return new PlainDevice().with(entry, (k, memory, words) -> Arguments.row(k, words));
    }

    @ParameterizedTest
    @EnumSource(names = "ATTENTION_WEIGHTS|ATTENTION_SCORE_GRADIENT|PACK|ROUND", mode = EnumSource.Mode.MATCH_NONE)
    void aKernelThatWritesNothingIsFoundOut(Entry entry) {
        String refusal = refusal(without(entry));
        assertTrue(refusal.startsWith("backend tornado: plain Java does not compute what it should: "), refusal);
    }

    @ParameterizedTest
    @EnumSource(names = {"ATTENTION_WEIGHTS", "ATTENTION_SCORE_GRADIENT", "PACK", "ROUND"})
    void whereAKernelBetweenProductsOfALibraryWritesNothingTheOtherKernelsMultiply(Entry entry) {
        Device device = without(entry).with(new StandInLibrary());
        try (Backend backend = TornadoBackendProvider.open(device)) {
            assertEquals("plain Java", backend.description());
        }
        assertFalse(Stream.of(Precision.values()).allMatch(device.acceleration()::multiplies));
        assertTrue(
                device.acceleration()
                        .reasons()
                        .getFirst()
                        .matches("products in [tb]?f\\d\\d are computed by kernels.*"));
    }

    @Test
    void aProductOfWhichOneElementIsSlightlyOffIsRefusedWithASentence() {
        Device device =
                new PlainDevice()
                        .with(
                                Entry.GEMM,
                                (k, memory, words) -> {
                                    Floats c = memory.at(words, words.get(Arguments.turn(k)), 8);
                                    MatrixKernels.gemm(k, memory, words);
                                    if (k.globalIdx == 2 && k.globalIdy == 3) {
                                        c.set(3 * 70 + 2, c.get(3 * 70 + 2) + 0.01f);
                                    }
                                });
        String refusal = refusal(device);
        assertTrue(
                refusal.matches(
                        "backend tornado: plain Java does not compute what it should: Gemm gives -?[0-9.]+ instead of"
                                + " -?[0-9.]+(; Gemm gives -?[0-9.]+ instead of -?[0-9.]+)*; use another device"
                                + " \\(--device\\), another driver of TornadoVM, or --backend vector"),
                refusal);
    }

    @Test
    void aDeviceThatWasRefusedIsRefusedAgain() {
        Device device = new PlainDevice().with(Entry.ADD, (k, memory, words) -> Arguments.row(k, words));
        assertEquals(refusal(device), refusal(device));
    }

    @Test
    void aDeviceThatComputesWhatItShouldIsOpened() {
        try (Backend backend = TornadoBackendProvider.open(new PlainDevice())) {
            assertEquals("plain Java", backend.description());
        }
    }
}
