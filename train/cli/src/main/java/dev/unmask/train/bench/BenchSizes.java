package dev.unmask.train.bench;

import dev.unmask.model.ModelConfig;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.Precision;

/**
 * The sizes of a benchmark, under the names that the PyTorch yardstick uses.
 *
 * @param model the model
 * @param batch sequences
 * @param length positions of each
 * @param prompt positions of a sampling run's prompt
 * @param sampling how a sampling run samples
 * @param runs measured runs
 * @param warmup what runs before them
 * @param precision what the operands of matrix products are rounded to
 * @param profile whether the times of kernels are counted
 */
public record BenchSizes(
        ModelConfig model,
        int batch,
        int length,
        int prompt,
        SamplerSettings sampling,
        int runs,
        Warmup warmup,
        Precision precision,
        boolean profile) {
    /**
     * Tokens of one run.
     *
     * @return {@code B · T}
     */
    public long tokens() {
        return (long) batch * length;
    }

    /** The same sizes for a single run. */
    BenchSizes once() {
        return new BenchSizes(model, batch, length, prompt, sampling, 1, Warmup.NONE, precision, false);
    }

    /**
     * Multiplications and additions of a forward pass up to the head.
     *
     * @return floating-point operations
     */
    double trunkFlops() {
        double linear = 2.0 * (model.nonEmbeddingCount() - (2L * model.layers() + 1) * model.width());
        double attention = 4.0 * length * model.width() * model.layers() * (model.causal() ? 0.5 : 1);
        return tokens() * (linear + attention);
    }

    /**
     * Multiplications and additions of what follows the last attention, but the head, of one position.
     *
     * @return floating-point operations
     */
    double lastFlops() {
        return 2.0 * model.width() * ((double) model.heads().width() + 3.0 * model.hidden());
    }

    /**
     * Multiplications and additions of the head.
     *
     * @param rows rows it is computed at
     * @return floating-point operations
     */
    double headFlops(double rows) {
        return 2.0 * rows * model.width() * model.vocabulary();
    }
}
