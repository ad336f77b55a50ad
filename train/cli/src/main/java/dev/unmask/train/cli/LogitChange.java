package dev.unmask.train.cli;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;

import java.io.IOException;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * How far the logits of a model are from those of another of the same network, at tokens of any kind, every other one
 * masked.
 *
 * @param largest the largest difference, relative to the largest logit
 * @param kept positions whose likeliest token is the same
 * @param positions all of them
 */
record LogitChange(double largest, int kept, int positions) {
    private static final int LENGTH = 64;

    /** Runs one model after the other on the CPU, in float32 where weights are not in int8. */
    static LogitChange between(ModelFolder before, ModelFolder after) throws IOException {
        float[] expected = logits(before, before.config());
        float[] found = logits(after, before.config());
        int positions = length(before.config());
        int vocabulary = before.config().vocabulary();
        // A family may add a column for the mask token.
        int columns = found.length / positions;
        double size = 0;
        double difference = 0;
        int kept = 0;
        for (int row = 0; row < positions; row++) {
            int best = 0;
            int bestFound = 0;
            for (int j = 0; j < vocabulary; j++) {
                float one = expected[row * vocabulary + j];
                float other = found[row * columns + j];
                size = Math.max(size, Math.abs(one));
                difference = Math.max(difference, Math.abs((double) one - other));
                best = one > expected[row * vocabulary + best] ? j : best;
                bestFound = other > found[row * columns + bestFound] ? j : bestFound;
            }
            kept += best == bestFound ? 1 : 0;
        }
        return new LogitChange(difference == 0 ? 0 : difference / size, kept, positions);
    }

    private static int length(ModelConfig config) {
        return Math.min(LENGTH, config.maxLength());
    }

    private static float[] logits(ModelFolder folder, ModelConfig tokens) throws IOException {
        int length = length(tokens);
        SplittableRandom random = new SplittableRandom(1);
        int[] ids = new int[length];
        for (int i = 0; i < length; i++) {
            ids[i] = tokens.causal() || i % 2 == 0 ? random.nextInt(tokens.vocabulary()) : tokens.maskToken();
        }
        try (Backend backend = Backends.cpu(BackendOptions.defaults())) {
            Transformer model = folder.load(backend, Weights.Use.INFERENCE);
            TokenBatch input = TokenBatch.allocate(backend, model.config(), 1, length);
            input.ids().set(ids);
            Tensor logits = backend.allocate("logits", DType.F32, Shape.of(length, model.config().vocabulary()));
            backend.record(recorder -> {
                        Ops ops = Ops.inference(recorder, Precision.F32);
                        recorder.add(new Copy(model.logits(ops, model.hidden(ops, input)), logits));
                    })
                    .run();
            return logits.floats();
        }
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "logits: the largest error is %.2g of the largest logit, and the likeliest token stays the same at %d"
                        + " of %d positions, of tokens of any kind, every other one masked",
                largest,
                kept,
                positions);
    }
}
