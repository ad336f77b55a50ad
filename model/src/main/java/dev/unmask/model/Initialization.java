package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Initial weights (METHOD §1.4): normal, with smaller deviation where a block ends; norms are ones. */
public final class Initialization {
    private static final int BLOCK = 1 << 16;

    private Initialization() {}

    /**
     * Draws the weights of a new model.
     *
     * @param backend owns them
     * @param config the model's sizes
     * @param seed the same seed gives the same weights on every machine
     * @return a transformer
     * @throws dev.unmask.tensor.InputException if the backend has no code for a kernel of the model
     */
    public static Transformer of(Backend backend, ModelConfig config, long seed) {
        Support.require(backend, config);
        Transformer model = zeros(backend, config);
        List<ParameterSpec> specs = config.parameters();
        for (int i = 0; i < specs.size(); i++) {
            ParameterSpec spec = specs.get(i);
            model.parameters().get(spec.name()).set(draw(spec, seed, i));
        }
        return model;
    }

    /**
     * Makes a model whose weights are all zero: to be set, or for a dry run.
     *
     * @param backend owns them
     * @param config the model's sizes
     * @return a transformer
     */
    public static Transformer zeros(Backend backend, ModelConfig config) {
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        for (ParameterSpec spec : config.parameters()) {
            parameters.put(spec.name(), backend.allocate(spec.name(), DType.F32, spec.shape()));
        }
        return new Transformer(backend, config, parameters);
    }

    private static float[] draw(ParameterSpec spec, long seed, int parameter) {
        float[] values = new float[Math.toIntExact(spec.shape().elements())];
        int blocks = (values.length + BLOCK - 1) / BLOCK;
        IntStream.range(0, blocks)
                .parallel()
                .forEach(block -> {
                    int end = Math.min(values.length, (block + 1) * BLOCK);
                    for (int i = block * BLOCK; i < end; i++) {
                        values[i] =
                                spec.deviation() == 0
                                        ? (float) spec.mean()
                                        : (float)
                                                (spec.deviation() * Philox.gaussian(seed, Purpose.INIT, parameter, i));
                    }
                });
        return values;
    }
}
