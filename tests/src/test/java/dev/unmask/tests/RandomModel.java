package dev.unmask.tests;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Network;
import dev.unmask.model.ParameterSpec;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;

import java.util.LinkedHashMap;
import java.util.Map;

/** Small models with random weights, large enough for predictions that depend on what is around. */
final class RandomModel {
    static final int VOCABULARY = 23;
    static final int MAX_LENGTH = 96;
    private static final double SPREAD = 4;

    private RandomModel() {}

    static Transformer masked(Backend backend) {
        return of(backend, false, VOCABULARY);
    }

    static Transformer masked(Backend backend, int vocabulary) {
        return of(backend, false, vocabulary);
    }

    /** One whose tokens see their own block and those before it. */
    static Transformer ofBlocks(Backend backend, int block, boolean shifted) {
        Network network = Network.SMDM.withBlockLength(block).withShiftedLogits(shifted);
        return of(backend, config(false, VOCABULARY).withNetwork(network));
    }

    static Transformer causal(Backend backend) {
        return of(backend, true, VOCABULARY);
    }

    static Transformer causal(Backend backend, int vocabulary) {
        return of(backend, true, vocabulary);
    }

    /** One of several blocks of whatever a backend sums products in. */
    static Transformer wide(Backend backend, boolean causal) {
        return of(backend, new ModelConfig(2, 4, 72, 1100, 50, 2, causal, 1e-5f, 10000, false, MAX_LENGTH));
    }

    private static Transformer of(Backend backend, boolean causal, int vocabulary) {
        return of(backend, config(causal, vocabulary));
    }

    private static ModelConfig config(boolean causal, int vocabulary) {
        return new ModelConfig(2, 4, 32, 48, vocabulary, 2, causal, 1e-5f, 10000, false, MAX_LENGTH);
    }

    private static Transformer of(Backend backend, ModelConfig config) {
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        long number = 0;
        for (ParameterSpec spec : config.parameters()) {
            Tensor tensor = backend.allocate(spec.name(), DType.F32, spec.shape());
            float[] values = new float[Math.toIntExact(spec.shape().elements())];
            for (int i = 0; i < values.length; i++) {
                double normal = Philox.gaussian(5, Purpose.INIT, number, i);
                values[i] = (float) (spec.deviation() == 0 ? 1 : SPREAD * spec.deviation() * normal);
            }
            tensor.set(values);
            parameters.put(spec.name(), tensor);
            number++;
        }
        return new Transformer(backend, config, parameters);
    }
}
