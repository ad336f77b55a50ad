package dev.unmask.train.parity;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.model.Weights;
import dev.unmask.train.AdamWOptimizer;
import dev.unmask.train.AdamWSettings;
import dev.unmask.train.AutoregressiveObjective;
import dev.unmask.train.LossBatch;
import dev.unmask.train.LossFunction;
import dev.unmask.train.Objective;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.io.Safetensors;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Copy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Compares this engine with recorded outputs of PyTorch on the same weights: logits, loss, every gradient, and the
 * weights after three AdamW steps.
 */
public final class Parity {
    /** Largest relative error of logits and loss that passes. */
    public static final double FORWARD_TOLERANCE = 1e-5;

    /** Largest relative error of gradients, and of weights after three steps, that passes. */
    public static final double GRADIENT_TOLERANCE = 1e-4;

    /** Largest relative error of logits that passes where weights were rounded to int8. */
    public static final double INT8_TOLERANCE = 1e-1;

    private static final int STEPS = 3;
    private static final double LEARNING_RATE = 2e-4;

    /**
     * One comparison.
     *
     * @param what what was compared
     * @param error the largest difference of an element, relative to the largest magnitude of the recorded tensor
     * @param tolerance what passes
     */
    public record Comparison(String what, double error, double tolerance) {
        /**
         * Whether the error is small enough.
         *
         * @return false too if it is not a number
         */
        public boolean passes() {
            return error <= tolerance;
        }

        /** The same comparison, called otherwise. */
        Comparison of(String name) {
            return new Comparison(name, error, tolerance);
        }
    }

    private final Backend backend;
    private final Safetensors golden;
    private final Transformer model;
    private final ModelConfig config;
    private final int batch;
    private final int length;
    private final LossBatch lossBatch;
    private final List<Comparison> comparisons = new ArrayList<>();

    private Parity(Backend backend, Path folder) throws IOException {
        this.backend = backend;
        this.golden = Safetensors.open(folder.resolve("golden.safetensors"));
        this.model = ModelFolder.open(folder).load(backend, Weights.Use.TRAINING);
        this.config = model.config();
        Shape ids = golden.require("ids").shape();
        this.batch = ids.extent(0);
        this.length = config.causal() ? ids.extent(1) - 1 : ids.extent(1);
        if (length > config.maxLength()) {
            throw new InputException(
                    golden.file()
                            + ": found sequences of "
                            + length
                            + " tokens, expected at most the "
                            + config.maxLength()
                            + " positions of the model");
        }
        this.lossBatch = recordedBatch();
    }

    /**
     * Compares with the files of a folder: {@code config.json}, {@code model.safetensors}, {@code golden.safetensors}. Of
     * a folder of a published family only logits are compared.
     *
     * @param backend what to compare
     * @param folder where the files are
     * @return every comparison made
     * @throws IOException if a file cannot be read
     * @throws InputException if a file is malformed or lacks a tensor
     */
    public static List<Comparison> check(Backend backend, Path folder) throws IOException {
        if (LogitParity.applies(folder)) {
            return LogitParity.check(backend, folder);
        }
        Parity parity = new Parity(backend, folder);
        parity.compareLogits();
        parity.compareTraining();
        return parity.comparisons;
    }

    private LossBatch recordedBatch() {
        int[] ids = integers("ids");
        LossBatch recorded = new LossBatch(batch, length);
        if (config.causal()) {
            new AutoregressiveObjective().prepare(ids, new Objective.Draw(0, 0, 0), batch, length, recorded);
            return recorded;
        }
        int[] masked = integers("masked");
        float[] p = golden.require("p").floats();
        for (int i = 0; i < ids.length; i++) {
            recorded.ids()[i] = masked[i] != 0 ? config.maskToken() : ids[i];
            if (masked[i] != 0) {
                recorded.add(i, ids[i], 1 / (p[i / length] * batch * length));
            }
        }
        return recorded;
    }

    private int[] integers(String name) {
        StoredTensor stored = golden.require(name);
        int[] values = new int[Math.toIntExact(stored.shape().elements())];
        MemorySegment.ofArray(values).copyFrom(stored.data());
        return values;
    }

    private void compareLogits() {
        TokenBatch input = TokenBatch.allocate(backend, config, batch, length);
        input.ids().set(lossBatch.ids());
        Tensor logits = backend.allocate("logits", DType.F32, Shape.of(batch * length, config.vocabulary()));
        backend.record(
                        recorder -> {
                            Ops ops = Ops.inference(recorder, Precision.F32);
                            Tensor computed = model.logits(ops, model.hidden(ops, input));
                            recorder.add(new Copy(computed, logits));
                        })
                .run();
        compare("logits", logits.floats(), FORWARD_TOLERANCE);
    }

    private void compareTraining() {
        AdamWOptimizer optimizer = new AdamWOptimizer(backend, model.parameters(), AdamWSettings.DEFAULT);
        LossFunction lossFunction =
                new LossFunction(
                        backend,
                        model,
                        optimizer.gradients(),
                        new LossFunction.Options(batch, length, false, Precision.F32, false));
        for (int step = 0; step < STEPS; step++) {
            double loss = lossFunction.backward(lossBatch, false);
            if (step == 0) {
                compare("loss", new float[] {(float) loss}, FORWARD_TOLERANCE);
                for (Map.Entry<String, Tensor> gradient : optimizer.gradients().entrySet()) {
                    compare("grad." + gradient.getKey(), gradient.getValue().floats(), GRADIENT_TOLERANCE);
                }
            }
            compare("loss." + step, new float[] {(float) loss}, FORWARD_TOLERANCE);
            double norm = optimizer.update(step + 1L, LEARNING_RATE);
            compare("grad_norm." + step, new float[] {(float) norm}, GRADIENT_TOLERANCE);
        }
        for (Map.Entry<String, Tensor> parameter : model.parameters().entrySet()) {
            compare("after3." + parameter.getKey(), parameter.getValue().floats(), GRADIENT_TOLERANCE);
        }
    }

    private void compare(String name, float[] found, double tolerance) {
        comparisons.add(compared(golden, name, found, tolerance));
    }

    /** Compares a tensor with the recorded one of a name. */
    static Comparison compared(Safetensors golden, String name, float[] found, double tolerance) {
        float[] expected = golden.require(name).floats();
        if (found.length != expected.length) {
            throw new InputException(
                    golden.file()
                            + ": "
                            + name
                            + " has "
                            + expected.length
                            + " elements, the model's has "
                            + found.length);
        }
        double largest = 0;
        double difference = 0;
        for (int i = 0; i < found.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs((double) found[i] - expected[i]));
        }
        return new Comparison(name, difference == 0 ? 0 : difference / largest, tolerance);
    }
}
