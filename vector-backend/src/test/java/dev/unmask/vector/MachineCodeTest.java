package dev.unmask.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Recorder;
import dev.unmask.vector.machine.BFloat16Code;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.Random;

/** Products in bfloat16 mean the same with machine code and without, for any number of threads. */
class MachineCodeTest {
    @ParameterizedTest
    @CsvSource({
        "1, 100, 70, false, true",
        "37, 113, 1100, false, false",
        "129, 96, 512, true, false",
        "70, 257, 300, true, true"
    })
    void machineCodeMatchesTheVectorApi(int m, int n, int k, boolean transposeA, boolean transposeB) {
        float[] plain = product(1, BFloat16Code.OFF, m, n, k, transposeA, transposeB);
        for (BFloat16Code code : BFloat16Code.values()) {
            float[] found = product(2, code, m, n, k, transposeA, transposeB);
            // Operands are the same, of size up to 1: only the order of K additions may differ.
            assertArrayEquals(plain, found, k * 1e-6F, code.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({"AUTO", "OFF"})
    void oneTwoAndThreeThreadsGiveTheSameBits(BFloat16Code code) {
        float[] one = product(1, code, 301, 389, 1100, false, true);
        assertArrayEquals(one, product(2, code, 301, 389, 1100, false, true));
        assertArrayEquals(one, product(3, code, 301, 389, 1100, false, true));
    }

    @Test
    @ResourceLock(Resources.SYSTEM_PROPERTIES)
    void aSystemPropertyTurnsMachineCodeOff() {
        String before = System.getProperty(VectorBackendProvider.MACHINE_CODE, "auto");
        try {
            System.setProperty(VectorBackendProvider.MACHINE_CODE, "off");
            try (var backend = new VectorBackendProvider().open(BackendOptions.defaults())) {
                assertTrue(backend.description().endsWith("bfloat16 products on the Vector API"));
            }
            System.setProperty(VectorBackendProvider.MACHINE_CODE, "sse");
            String message =
                    assertThrows(
                                    InputException.class,
                                    () -> new VectorBackendProvider().open(BackendOptions.defaults()))
                            .getMessage();
            assertEquals("unmask.machine-code: found sse, expected auto, amx, avx512 or off (or unset: auto)", message);
        } finally {
            System.setProperty(VectorBackendProvider.MACHINE_CODE, before);
        }
    }

    private static float[] product(
            int threads, BFloat16Code code, int m, int n, int k, boolean transposeA, boolean transposeB) {
        try (VectorBackend backend = new VectorBackend(threads, code)) {
            Random random = new Random(1);
            Tensor a = random(backend, random, transposeA ? Shape.of(k, m) : Shape.of(m, k));
            Tensor b = random(backend, random, transposeB ? Shape.of(n, k) : Shape.of(k, n));
            Tensor c = backend.allocate("c", DType.F32, Shape.of(m, n));
            Recorder recorder = new Recorder(backend);
            recorder.add(new Gemm(a, transposeA, b, transposeB, Optional.empty(), c, RowLimit.ALL, Precision.BF16));
            backend.compile(recorder.recording()).run();
            return c.floats();
        }
    }

    private static Tensor random(VectorBackend backend, Random random, Shape shape) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat(-1, 1);
        }
        Tensor tensor = backend.allocate("random", DType.F32, shape);
        tensor.upload(MemorySegment.ofArray(values));
        return tensor;
    }
}
