package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Makes low-rank adapters (LoRA, Hu et al., arXiv 2106.09685), which are trained in the place of the weights they add
 * to.
 */
public final class Adapters {
    private Adapters() {}

    /**
     * New adapters, which add nothing yet: {@code down} is normal with a deviation of {@code 1/√in}, {@code up} zero.
     *
     * @param backend owns them
     * @param config the model's
     * @param rank {@code r}, at least 1
     * @param alpha what the product is scaled by is {@code α / r}
     * @param seed the same seed gives the same numbers on every machine
     * @param which names of weights that get one, such as {@code transformer.h.0.attn.q.weight}; the head and tables of
     *     embeddings get none
     * @return the adapters, by the names of their weights
     * @throws InputException if the rank is below 1, alpha is not positive, or no weight is chosen
     */
    public static Map<String, Linear.Adapter> of(
            Backend backend, ModelConfig config, int rank, float alpha, long seed, Predicate<String> which) {
        if (rank < 1 || !(alpha > 0 && alpha < Float.POSITIVE_INFINITY)) {
            throw new InputException(
                    "adapters: found rank " + rank + " and alpha " + alpha + ", expected both positive");
        }
        List<ParameterSpec> specs = config.parameters();
        Map<String, Linear.Adapter> adapters = new LinkedHashMap<>();
        for (int i = 0; i < specs.size(); i++) {
            ParameterSpec spec = specs.get(i);
            if (spec.shape().rank() == 2 && spec.name().startsWith("transformer.h.") && which.test(spec.name())) {
                adapters.put(spec.name(), adapter(backend, spec, rank, alpha, seed, specs.size() + i));
            }
        }
        if (adapters.isEmpty()) {
            throw new InputException("adapters: no matrix of a block was chosen, expected at least one");
        }
        return adapters;
    }

    private static Linear.Adapter adapter(
            Backend backend, ParameterSpec spec, int rank, float alpha, long seed, int stream) {
        int in = spec.shape().columns();
        Tensor down = backend.allocate(nameOfDown(spec.name()), DType.F32, Shape.of(rank, in));
        Tensor up = backend.allocate(nameOfUp(spec.name()), DType.F32, Shape.of(spec.shape().rows(), rank));
        float[] values = new float[rank * in];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (Philox.gaussian(seed, Purpose.INIT, stream, i) / Math.sqrt(in));
        }
        down.set(values);
        return new Linear.Adapter(down, up, alpha / rank);
    }

    static String nameOfDown(String weight) {
        return weight.replaceFirst("weight$", "lora_down");
    }

    static String nameOfUp(String weight) {
        return weight.replaceFirst("weight$", "lora_up");
    }
}
