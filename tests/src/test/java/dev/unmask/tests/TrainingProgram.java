package dev.unmask.tests;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.ParameterSpec;
import dev.unmask.model.Seen;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.LinearCrossEntropy;
import dev.unmask.tensor.grad.LinearCrossEntropy.Entries;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.grad.Tape;
import dev.unmask.tensor.kernel.AdamW;
import dev.unmask.tensor.kernel.SumOfSquares;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recorder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;

/** A few training steps of a small transformer, of sizes that no block or lane divides, as one recorded program. */
final class TrainingProgram {
    /**
     * What the steps left behind.
     *
     * @param losses of the live entries, step after step
     * @param parameters by name, after the last step
     */
    record Outcome(List<float[]> losses, Map<String, float[]> parameters) {}

    private static final int BATCH = 3;
    private static final int LENGTH = 71;
    private static final int ROOM = 150;
    private static final int LIVE = 101;
    private static final int STEPS = 3;

    private final Backend backend;
    private final ModelConfig config;
    private final Map<Tensor, Tensor> gradients = new LinkedHashMap<>();
    private final SplittableRandom random = new SplittableRandom(3407);

    private TrainingProgram(Backend backend, ModelConfig config) {
        this.backend = backend;
        this.config = config;
    }

    /** Trains on a backend; always from the same weights, on the same tokens. */
    static Outcome run(Backend backend, boolean causal, boolean checkpointing) {
        return run(backend, causal, checkpointing, Precision.F32);
    }

    /** As {@link #run(Backend, boolean, boolean)}, with products of another precision. */
    static Outcome run(Backend backend, boolean causal, boolean checkpointing, Precision precision) {
        int vocabulary = 307;
        ModelConfig config = new ModelConfig(2, 6, 84, 150, vocabulary, 2, causal, 1e-5f, 10000, false, LENGTH);
        return new TrainingProgram(backend, config).train(checkpointing, precision);
    }

    private Outcome train(boolean checkpointing, Precision precision) {
        Transformer transformer = new Transformer(backend, config, weights());
        TokenBatch input = TokenBatch.allocateSeeing(backend, BATCH, LENGTH);
        input.ids().set(ints(BATCH * LENGTH, i -> random.nextInt(config.vocabulary())));
        input.see(config.causal() ? Seen.causal(BATCH, LENGTH) : Seen.lengths(LENGTH, LENGTH, 50, 1));
        Entries entries = entries();
        Tensor settings = backend.allocate("settings", DType.F32, Shape.of(AdamW.SETTINGS));
        Program program =
                backend.record(recorder -> {
                    Tape tape = new Tape(recorder);
                    gradients.forEach((parameter, gradient) -> tape.parameter(parameter, gradient, false));
                    Ops ops = Ops.training(recorder, tape, precision);
                    Transformer.Trunk trunk = transformer.trunk(ops, input, checkpointing);
                    LinearCrossEntropy.record(
                            ops,
                            (at, rows, live, size) -> transformer.hiddenAt(at, trunk, rows, live, size),
                            transformer.head(),
                            entries);
                    tape.backward();
                    update(recorder, settings);
                });
        List<float[]> losses = new ArrayList<>();
        for (int step = 1; step <= STEPS; step++) {
            settings.set(settings(step));
            program.run();
            losses.add(Arrays.copyOf(entries.losses().floats(), LIVE));
        }
        Map<String, float[]> parameters = new LinkedHashMap<>();
        transformer.parameters().forEach((name, tensor) -> parameters.put(name, tensor.floats()));
        return new Outcome(losses, parameters);
    }

    private Map<String, Tensor> weights() {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        for (ParameterSpec spec : config.parameters()) {
            float[] values = new float[Math.toIntExact(spec.shape().elements())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (1.5 * spec.deviation() * (2 * random.nextDouble() - 1));
                values[i] = spec.deviation() == 0 ? 1 + i % 3 * 0.1f : values[i];
            }
            Tensor weight = backend.allocate(spec.name(), DType.F32, spec.shape());
            weight.set(values);
            weights.put(spec.name(), weight);
            gradients.put(weight, backend.allocate("gradient of " + spec.name(), DType.F32, spec.shape()));
        }
        return weights;
    }

    private Entries entries() {
        Entries entries =
                new Entries(
                        backend.allocate("rows", DType.I32, Shape.of(ROOM)),
                        backend.allocate("targets", DType.I32, Shape.of(ROOM)),
                        backend.allocate("weights", DType.F32, Shape.of(ROOM)),
                        backend.allocate("count", DType.I32, Shape.of(1)),
                        backend.allocate("losses", DType.F32, Shape.of(ROOM)));
        entries.rows().set(ints(ROOM, i -> i * 2 % (BATCH * LENGTH)));
        entries.targets().set(ints(ROOM, i -> random.nextInt(config.vocabulary())));
        float[] weights = new float[ROOM];
        Arrays.fill(weights, 1f / LIVE);
        entries.weights().set(weights);
        entries.count().set(LIVE);
        return entries;
    }

    private void update(Recorder recorder, Tensor settings) {
        Tensor squares = recorder.temporary("squared norms", DType.F32, Shape.of(gradients.size()));
        int slot = 0;
        for (Tensor gradient : gradients.values()) {
            recorder.add(new SumOfSquares(gradient, squares, slot++));
        }
        gradients.forEach((parameter, gradient) ->
                recorder.add(
                        new AdamW(
                                parameter,
                                gradient,
                                backend.allocate("first moment", DType.F32, parameter.shape()),
                                backend.allocate("second moment", DType.F32, parameter.shape()),
                                squares,
                                settings)));
    }

    private static float[] settings(int step) {
        float[] settings = new float[AdamW.SETTINGS];
        settings[AdamW.LEARNING_RATE] = 1e-3f;
        settings[AdamW.BETA1] = 0.9f;
        settings[AdamW.BETA2] = 0.95f;
        // Large enough that rounding does not decide the direction of an update where the gradient is nearly zero.
        settings[AdamW.EPSILON] = 1e-4f;
        settings[AdamW.WEIGHT_DECAY] = 0.1f;
        settings[AdamW.CORRECTION1] = (float) (1 - Math.pow(0.9, step));
        settings[AdamW.CORRECTION2] = (float) (1 - Math.pow(0.95, step));
        settings[AdamW.MAX_NORM] = 1;
        return settings;
    }

    private static int[] ints(int size, IntUnaryOperator value) {
        int[] values = new int[size];
        Arrays.setAll(values, value);
        return values;
    }
}
