package dev.unmask.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recorder;
import dev.unmask.vector.machine.BFloat16Code;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

/** Products with int8 have the same bits with machine code and without, for any number of threads and rows. */
class Int8ProductsTest {
    private static final int N = 389;
    private static final int K = 5000;

    @Test
    void threadsRowsAndMachineCodeChangeNoBit() {
        float[] all = product(1, BFloat16Code.OFF, 101, false, 1);
        for (BFloat16Code code : new BFloat16Code[] {BFloat16Code.AUTO, BFloat16Code.OFF}) {
            for (int threads = 1; threads <= 3; threads++) {
                for (int rows : new int[] {1, 2, 7, 8, 9, 16, 33, 101}) {
                    float[] found = product(threads, code, rows, false, 1);
                    assertArrayEquals(Arrays.copyOf(all, rows * N), found, code + ", " + threads + ", " + rows);
                }
            }
        }
    }

    @Test
    void panelsThatWereKeptGiveTheSameBits() {
        assertArrayEquals(product(2, BFloat16Code.AUTO, 33, true, 1), product(2, BFloat16Code.AUTO, 33, true, 3));
    }

    @ParameterizedTest
    @CsvSource({"AUTO", "OFF"})
    @ResourceLock(Resources.SYSTEM_PROPERTIES)
    void panelsThatAreNotKeptGiveTheSameBits(BFloat16Code code) {
        float[] kept = product(2, code, 33, true, 2);
        System.setProperty(KeptMemory.PROPERTY, "false");
        try {
            assertArrayEquals(kept, product(2, code, 33, true, 2));
        } finally {
            System.clearProperty(KeptMemory.PROPERTY);
        }
    }

    private static float[] product(int threads, BFloat16Code code, int rows, boolean added, int times) {
        try (VectorBackend backend = new VectorBackend(threads, code)) {
            Random random = new Random(1);
            byte[] weights = new byte[N * K];
            random.nextBytes(weights);
            Tensor b = backend.allocate("b", DType.I8, Shape.of(N, K));
            b.upload(MemorySegment.ofArray(weights));
            Tensor scales = random(backend, random, Shape.of(N));
            Tensor a = random(backend, random, Shape.of(rows, K));
            Tensor d = backend.allocate("d", DType.F32, Shape.of(rows, N));
            Tensor c = backend.allocate("c", DType.F32, Shape.of(rows, N));
            Recorder recorder = new Recorder(backend);
            recorder.add(new Int8Gemm(a, b, scales, added ? Optional.of(d) : Optional.empty(), c, RowLimit.ALL));
            Program program = backend.compile(recorder.recording());
            for (int i = 0; i < times; i++) {
                program.run();
            }
            return c.floats();
        }
    }

    private static Tensor random(VectorBackend backend, Random random, Shape shape) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat(-1, 1);
        }
        Tensor tensor = backend.allocate("random", DType.F32, shape);
        tensor.set(values);
        return tensor;
    }
}
