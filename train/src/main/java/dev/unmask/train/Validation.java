package dev.unmask.train;

import dev.unmask.model.Transformer;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.program.Backend;
import dev.unmask.train.data.TokenBlocks;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * The validation loss (METHOD §2.6): for a masked model the mean of many Monte Carlo draws of noise level and mask over
 * the same blocks, for a causal one the exact cross-entropy.
 */
public final class Validation {
    private static final long SEED = 0x76616c6964L;

    private final ModelText text;
    private final Settings settings;
    private final Objective objective;
    private final LossFunction lossFunction;
    private final LossBatch microBatch;
    private final int[] clean;
    private final int blockLength;
    private final long batches;

    /**
     * How much is measured.
     *
     * @param batch sequences of a micro-batch
     * @param length positions of a sequence
     * @param batches micro-batches at the most
     * @param draws Monte Carlo draws of each micro-batch; the published number is 128
     * @param precision what the operands of matrix products are rounded to
     */
    public record Settings(int batch, int length, int batches, int draws, Precision precision) {
        /** Checks the numbers. */
        public Settings {
            if (batch < 1 || length < 1 || batches < 1 || draws < 1) {
                throw new InputException(
                        "validation: found batch "
                                + batch
                                + ", length "
                                + length
                                + ", batches "
                                + batches
                                + ", draws "
                                + draws
                                + ", expected at least 1 of each");
            }
        }

        /** A measurement that records every program that these settings need. */
        Settings shortest() {
            return new Settings(batch, length, 1, 1, precision);
        }
    }

    /**
     * What was measured.
     *
     * @param loss nats a token
     * @param standardError of the mean over draws and micro-batches; 0 if there was only one
     * @param tokens clean tokens that were measured, each in every draw
     */
    public record Result(double loss, double standardError, long tokens) {
        /**
         * Perplexity.
         *
         * @return {@code e^loss}
         */
        public double perplexity() {
            return Math.exp(loss);
        }
    }

    /**
     * The validation of a model.
     *
     * @param backend owns the model
     * @param model the model
     * @param data text that was not trained on
     * @param settings how much is measured
     * @throws InputException if the data does not fill one micro-batch
     */
    public Validation(Backend backend, Transformer model, TokenBlocks data, Settings settings) {
        this(backend, model, data, settings, Objective.of(model.config()));
    }

    /**
     * The validation of a model by an objective.
     *
     * @param backend owns the model
     * @param model the model
     * @param data text that was not trained on
     * @param settings how much is measured
     * @param objective what it was trained to do
     * @throws InputException if the data does not fill one micro-batch
     */
    public Validation(Backend backend, Transformer model, TokenBlocks data, Settings settings, Objective objective) {
        this.text = new ModelText("validation data", data, model.config());
        this.settings = settings;
        this.objective = objective;
        this.blockLength = objective.blockLength(settings.length());
        this.batches = Math.min(settings.batches(), data.blocks(blockLength) / settings.batch());
        if (batches == 0) {
            throw new InputException(
                    "validation data: found "
                            + data.blocks(blockLength)
                            + " blocks of "
                            + blockLength
                            + " tokens, expected at least "
                            + settings.batch()
                            + "; use more text, a shorter length or a smaller batch");
        }
        this.lossFunction =
                new LossFunction(
                        backend,
                        model,
                        Map.of(),
                        new LossFunction.Options(
                                settings.batch(),
                                objective.inputLength(settings.length()),
                                objective.saysWhoSeesWhom(),
                                settings.precision(),
                                false));
        this.microBatch = new LossBatch(settings.batch(), objective.inputLength(settings.length()));
        this.clean = new int[settings.batch() * blockLength];
    }

    /**
     * Measures; the same model gives the same result.
     *
     * @return the loss
     * @throws InputException if the data holds an id that is no text token of the model
     */
    public Result measure() {
        return measure(() -> false).orElseThrow();
    }

    /**
     * Measures unless it is asked to stop meanwhile.
     *
     * @param stopped asked before every batch
     * @return the loss; empty if it stopped
     */
    public Optional<Result> measure(BooleanSupplier stopped) {
        int draws = objective.isExact() ? 1 : settings.draws();
        double sum = 0;
        double squares = 0;
        for (long i = 0; i < batches; i++) {
            for (int b = 0; b < settings.batch(); b++) {
                text.block(i * settings.batch() + b, blockLength, clean, b * blockLength);
            }
            for (int draw = 0; draw < draws; draw++) {
                if (stopped.getAsBoolean()) {
                    return Optional.empty();
                }
                prepare(new Objective.Draw(SEED, i * draws + draw, 0), i * settings.batch());
                double loss = lossFunction.evaluate(microBatch);
                sum += loss;
                squares += loss * loss;
            }
        }
        double n = (double) batches * draws;
        double mean = sum / n;
        double variance = n > 1 ? Math.max(0, squares / n - mean * mean) / (n - 1) : 0;
        return Optional.of(new Result(mean, Math.sqrt(variance), batches * settings.batch() * settings.length()));
    }

    private void prepare(Objective.Draw draw, long firstBlock) {
        List<Objective.Sequence> sequences =
                IntStream.range(0, settings.batch())
                        .mapToObj(b -> {
                            TokenBlocks.Extent extent = text.data().extent(firstBlock + b, blockLength);
                            return new Objective.Sequence(
                                    Arrays.copyOfRange(clean, b * blockLength, (b + 1) * blockLength),
                                    settings.length(),
                                    extent.given(),
                                    extent.text(),
                                    firstBlock + b,
                                    new Objective.Draw(draw.seed(), draw.step(), b));
                        })
                        .toList();
        double divisor = objective.divisor(sequences);
        microBatch.clear();
        for (int b = 0; b < sequences.size(); b++) {
            objective.prepare(sequences.get(b), divisor, microBatch.place(b));
        }
    }
}
