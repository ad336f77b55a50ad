package dev.unmask.model;

import dev.unmask.tensor.BFloat16;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.DryRun;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;

/** The cosines and sines of rotary position embedding (METHOD §1.1). */
final class RotaryTable {
    private RotaryTable() {}

    /**
     * Makes the table {@code [maxLength, size]}: of each position {@code p} the cosines of {@code p · base^(-2i/size)},
     * then their sines. Angles are float32, as in the published code, which takes its cosines of float32 angles.
     */
    static Tensor allocate(Backend backend, ModelConfig config) {
        int half = config.heads().size() / 2;
        Tensor table = backend.allocate("rotary table", DType.F32, Shape.of(config.maxLength(), 2 * half));
        if (backend instanceof DryRun) {
            // It would leave alone what is uploaded.
            return table;
        }
        // Off the heap: the table of a long context is larger than many a heap.
        try (Arena arena = Arena.ofShared()) {
            MemorySegment values = arena.allocate(ValueLayout.JAVA_FLOAT, table.shape().elements());
            IntStream.range(0, half)
                    .parallel()
                    .forEach(i -> {
                        float theta = frequency(config, i);
                        for (int p = 0; p < config.maxLength(); p++) {
                            float angle = p * theta;
                            long at = (long) p * 2 * half + i;
                            values.setAtIndex(ValueLayout.JAVA_FLOAT, at, rounded(StrictMath.cos(angle), config));
                            values.setAtIndex(
                                    ValueLayout.JAVA_FLOAT, at + half, rounded(StrictMath.sin(angle), config));
                        }
                    });
            table.upload(values);
        }
        return table;
    }

    private static float frequency(ModelConfig config, int i) {
        float theta = (float) Math.pow(config.ropeBase(), -2.0 * i / config.heads().size());
        return config.network().positions() == Network.Positions.ROTARY_BF16 ? BFloat16.round(theta) : theta;
    }

    private static float rounded(double value, ModelConfig config) {
        return config.ropeBf16() ? BFloat16.round((float) value) : (float) value;
    }
}
