package dev.unmask.train;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;

import java.util.Optional;

/**
 * How many operations of matrix products training has to make, and how fast a device makes them at best: what a step is
 * made in, compared with that, is the share of the peak (MFU).
 */
final class TrainingFlops {
    /** Half of the tokens of a masked model are masked on average, and only these go through its head. */
    private static final double MASKED = 0.5;

    /** Of the product that is timed where the float32 peak does not tell. */
    private static final int SIDE = 1024;

    private static final long NANOS = 800_000_000;
    private static final int TIMES = 20;

    private TrainingFlops() {}

    /**
     * Operations of a token: two of each weight forward, four on the way back, of which two are for gradients of
     * weights that adapters have frozen. What is computed twice to save memory counts once.
     *
     * @param model what is trained
     * @param objective what it learns
     * @param length positions of a sequence
     */
    static double perToken(Transformer model, Objective objective, int length) {
        ModelConfig config = model.config();
        int input = objective.inputLength(length);
        double linear = 2.0 * (config.nonEmbeddingCount() - (2L * config.layers() + 1) * config.width());
        double attention = 4.0 * length * config.width() * config.layers() * (config.causal() ? 0.5 : 1);
        double head = 2.0 * config.width() * config.vocabulary() * (config.causal() ? 1 : MASKED);
        double forward = (linear + attention) * input / length + head;
        return (model.adapters().isPresent() ? 2 : 3) * forward;
    }

    /**
     * Measures what a device makes at best, at all its threads: in float32 multiplications and additions in registers,
     * else, or where that is not to be had, the fastest of some products of 1024 × 1024 × 1024.
     *
     * @return operations a second
     */
    static double peak(Backend backend, Precision precision) {
        double registers = backend.measurePeak().orElse(0);
        return precision == Precision.F32 && registers > 0
                ? registers
                : Math.max(registers, products(backend, precision));
    }

    private static double products(Backend backend, Precision precision) {
        Tensor a = backend.allocate("a", DType.F32, Shape.of(SIDE, SIDE));
        Tensor b = backend.allocate("b", DType.F32, Shape.of(SIDE, SIDE));
        Tensor c = backend.allocate("c", DType.F32, Shape.of(SIDE, SIDE));
        Program product =
                backend.record(recorder ->
                        recorder.add(new Gemm(a, false, b, true, Optional.empty(), c, RowLimit.ALL, precision)));
        long best = Long.MAX_VALUE;
        long start = System.nanoTime();
        for (int i = 0; i < TIMES || System.nanoTime() - start < NANOS; i++) {
            long before = System.nanoTime();
            product.run();
            best = Math.min(best, System.nanoTime() - before);
        }
        return 2.0 * SIDE * SIDE * SIDE / best * 1e9;
    }
}
