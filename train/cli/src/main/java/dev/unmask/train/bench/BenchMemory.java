package dev.unmask.train.bench;

import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.MemoryEstimate;

import java.util.Optional;
import java.util.function.BiConsumer;

/** The memory that benchmarks of whole models take. */
public final class BenchMemory {
    private BenchMemory() {}

    /**
     * Plans {@link Benchmarks#train}.
     *
     * @param dryRun counts; nothing was counted before
     * @param sizes the sizes
     * @return the plan
     */
    public static MemoryEstimate ofTrain(DryRun dryRun, BenchSizes sizes) {
        return MemoryEstimate.ofTraining(dryRun, sizes.model(), Benchmarks.settings(sizes), Optional.empty());
    }

    /**
     * Plans {@link Benchmarks#forward}.
     *
     * @param dryRun counts; nothing was counted before
     * @param sizes the sizes
     * @return the plan
     */
    public static MemoryEstimate ofForward(DryRun dryRun, BenchSizes sizes) {
        return ofInference(dryRun, sizes, Benchmarks::forward);
    }

    /**
     * Plans {@link Benchmarks#sample}.
     *
     * @param dryRun counts; nothing was counted before
     * @param sizes the sizes
     * @return the plan
     */
    public static MemoryEstimate ofSample(DryRun dryRun, BenchSizes sizes) {
        return ofInference(dryRun, sizes, Benchmarks::sample);
    }

    private static MemoryEstimate ofInference(
            DryRun dryRun, BenchSizes sizes, BiConsumer<Backend, BenchSizes> benchmark) {
        benchmark.accept(dryRun, sizes.once());
        long weights =
                sizes.model().parameters().stream()
                        .mapToLong(spec -> dryRun.bytesOf(dryRun.declare(spec.name(), DType.F32, spec.shape())))
                        .sum();
        return MemoryEstimate.ofInference(dryRun, weights);
    }
}
