package dev.unmask.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.program.Recorder;
import dev.unmask.vector.machine.BFloat16Code;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.Random;

/** Attention in bfloat16 and its gradient mean the same with machine code and without, for any number of threads. */
class PanelAttentionTest {
    /** What came out, and what went back. */
    private record Result(float[] out, float[] logSumExp, float[] gradient) {}

    @ParameterizedTest
    @CsvSource({
        "1, 1, 2, 1, false, 1",
        "6, 2, 34, 33, false, 32",
        "6, 2, 34, 33, true, 20",
        "3, 1, 6, 70, true, 70",
        "2, 2, 64, 200, false, 151",
        "2, 1, 128, 67, true, 67",
        "2, 2, 16, 600, true, 517",
        "2, 1, 40, 17, false, 0"
    })
    void machineCodeMatchesTheVectorApi(int heads, int groups, int size, int length, boolean causal, int keys) {
        Heads layout = new Heads(heads, groups, size);
        Result plain = run(1, BFloat16Code.OFF, layout, length, causal, keys);
        for (BFloat16Code code : BFloat16Code.values()) {
            Result found = run(2, code, layout, length, causal, keys);
            // Factors are the same but for weights that lie next to the middle between two numbers of bfloat16.
            assertArrayEquals(plain.out, found.out, 4e-3F, code.toString());
            assertArrayEquals(plain.logSumExp, found.logSumExp, 1e-5F, code.toString());
            assertArrayEquals(plain.gradient, found.gradient, 2e-2F, code.toString());
            assertEquals(0, distance(plain.gradient, found.gradient), 1e-3, code.toString());
        }
    }

    /** The root of the squares of the differences, as a share of that of the numbers. */
    private static double distance(float[] expected, float[] found) {
        double differences = 0;
        double squares = Float.MIN_NORMAL;
        for (int i = 0; i < expected.length; i++) {
            differences += Math.pow(expected[i] - found[i], 2);
            squares += Math.pow(expected[i], 2);
        }
        return Math.sqrt(differences / squares);
    }

    @ParameterizedTest
    @EnumSource(
            value = BFloat16Code.class,
            names = {"AUTO", "OFF"})
    void oneTwoAndThreeThreadsGiveTheSameBits(BFloat16Code code) {
        Heads heads = new Heads(4, 2, 34);
        Result one = run(1, code, heads, 150, true, 141);
        for (int threads = 2; threads <= 3; threads++) {
            Result several = run(threads, code, heads, 150, true, 141);
            assertArrayEquals(one.out, several.out);
            assertArrayEquals(one.logSumExp, several.logSumExp);
            assertArrayEquals(one.gradient, several.gradient);
        }
    }

    private static Result run(int threads, BFloat16Code code, Heads heads, int length, boolean causal, int keys) {
        try (VectorBackend backend = new VectorBackend(threads, code)) {
            int batch = 2;
            int rows = batch * length;
            Random random = new Random(1);
            Tensor fused = random(backend, random, rows, heads.fusedWidth());
            Tensor dy = random(backend, random, rows, heads.width());
            Tensor seen = backend.allocate("seen keys", DType.I32, Shape.of(rows, Attention.RANGES));
            int[] ranges = new int[rows * Attention.RANGES];
            for (int row = 0; row < rows; row++) {
                int there = row < length ? keys : length;
                ranges[row * Attention.RANGES + 1] = causal ? Math.max(0, there - length + row % length + 1) : there;
            }
            seen.set(ranges);
            Tensor out = backend.allocate("out", DType.F32, Shape.of(rows, heads.width()));
            Tensor sums = backend.allocate("log-sum-exp", DType.F32, Shape.of(batch, heads.count(), length));
            Tensor delta = backend.allocate("delta", DType.F32, Shape.of(batch, heads.count(), length));
            Tensor gradient = backend.allocate("gradient", DType.F32, Shape.of(rows, heads.fusedWidth()));
            Recorder recorder = new Recorder(backend);
            recorder.add(
                    new Attention(
                            heads.queriesOf(fused),
                            heads.keysOf(fused),
                            heads.valuesOf(fused),
                            batch,
                            Optional.of(seen),
                            out,
                            sums,
                            Precision.BF16));
            recorder.add(
                    new AttentionBackward(
                            heads.queriesOf(fused),
                            heads.keysOf(fused),
                            heads.valuesOf(fused),
                            batch,
                            Optional.of(seen),
                            out,
                            sums,
                            dy,
                            delta,
                            heads.queriesOf(gradient),
                            heads.keysOf(gradient),
                            heads.valuesOf(gradient),
                            Precision.BF16));
            backend.compile(recorder.recording()).run();
            return new Result(out.floats(), sums.floats(), gradient.floats());
        }
    }

    private static Tensor random(VectorBackend backend, Random random, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat(-1, 1);
        }
        Tensor tensor = backend.allocate("random", DType.F32, Shape.of(rows, columns));
        tensor.upload(MemorySegment.ofArray(values));
        return tensor;
    }
}
