package dev.unmask.vector.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

class CpuTest {
    private static final int[] OSXSAVE = {0, 0, 1 << 27 | 1 << 12, 0};
    private static final int[] FEATURES = {1, 1 << 5 | 1 << 16 | 1 << 30, 1 << 11, 1 << 22 | 1 << 24};
    private static final int[] AVX512_BF16 = {1 << 5, 0, 0, 0};

    @Test
    void readsFeaturesFromTheAnswersOfCpuid() {
        assertEquals(new Cpu(true, true, true, true, true), Cpu.of(OSXSAVE, FEATURES, AVX512_BF16, 0x600E7));
        assertEquals(new Cpu(true, true, false, true, true), Cpu.of(OSXSAVE, FEATURES, new int[4], 0x600E7));
    }

    @Test
    void countsOnNothingThatTheSystemDoesNotSave() {
        assertEquals(new Cpu(true, true, true, true, false), Cpu.of(OSXSAVE, FEATURES, AVX512_BF16, 0xE7));
        assertEquals(new Cpu(true, false, false, false, false), Cpu.of(OSXSAVE, FEATURES, AVX512_BF16, 0x07));
        assertEquals(Cpu.NONE, Cpu.of(OSXSAVE, FEATURES, AVX512_BF16, 0x03));
        assertEquals(Cpu.NONE, Cpu.of(new int[4], FEATURES, AVX512_BF16, 0x600E7));
    }

    @Test
    void takesTheLargestVectors() {
        assertEquals(Optional.of(VectorSize.ZMM), Cpu.of(OSXSAVE, FEATURES, AVX512_BF16, 0xE7).vectors());
        assertEquals(Optional.of(VectorSize.YMM), Cpu.of(OSXSAVE, FEATURES, AVX512_BF16, 0x07).vectors());
        assertEquals(Optional.empty(), Cpu.NONE.vectors());
    }

    @Test
    void findsWhatTheKernelListsAsFlags() throws IOException {
        Path info = Path.of("/proc/cpuinfo");
        assumeTrue(MachineCode.hasPlatform() && Files.isReadable(info));
        String flags =
                Files.readString(info).lines().filter(line -> line.startsWith("flags")).findFirst().orElse("") + " ";
        Cpu expected =
                new Cpu(
                        flags.contains(" avx2 ") && flags.contains(" fma "),
                        flags.contains(" avx512f ") && flags.contains(" avx512bw "),
                        flags.contains(" avx512_bf16 "),
                        flags.contains(" avx512_vnni "),
                        flags.contains(" amx_bf16 ") && flags.contains(" amx_tile "));
        assertEquals(expected, Cpu.detect(Assertions::fail));
    }
}
