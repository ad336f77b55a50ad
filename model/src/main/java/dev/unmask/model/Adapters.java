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
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

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
            if (isMatrix(spec) && which.test(spec.name())) {
                adapters.put(spec.name(), adapter(backend, spec, rank, alpha, seed, specs.size() + i));
            }
        }
        if (adapters.isEmpty()) {
            throw new InputException("adapters: no matrix of a block was chosen, expected at least one");
        }
        return adapters;
    }

    /**
     * New adapters, which add nothing yet.
     *
     * @param backend owns them
     * @param folder the model that they will add to
     * @param how what they are
     * @param seed the same seed gives the same numbers on every machine
     * @return the adapters
     * @throws InputException if a target is no matrix of the model's blocks; the message names those there are
     */
    public static AdapterSet of(Backend backend, ModelFolder folder, AdapterConfig how, long seed) {
        Map<String, String> modules = AdapterFiles.modules(folder.config(), folder.family());
        for (String target : how.targets()) {
            AdapterConfig alone = AdapterConfig.of(how.base(), how.rank(), how.alpha(), 0, List.of(target));
            if (modules.entrySet().stream().noneMatch(matrix -> isTarget(alone, matrix))) {
                throw new InputException(
                        "lora.targets: found "
                                + target
                                + ", expected all, or ends of names of matrices: "
                                + modules.values().stream()
                                        .map(module -> module.substring(module.lastIndexOf('.') + 1))
                                        .distinct()
                                        .collect(Collectors.joining(", ")));
            }
        }
        Set<String> chosen =
                modules.entrySet().stream()
                        .filter(matrix -> isTarget(how, matrix))
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toSet());
        Map<String, Linear.Adapter> plain =
                of(backend, folder.config(), how.rank(), (float) how.alpha(), seed, chosen::contains);
        Map<String, Linear.Adapter> adapters = new LinkedHashMap<>();
        List<ParameterSpec> specs = folder.config().parameters();
        for (int i = 0; i < specs.size(); i++) {
            Linear.Adapter adapter = plain.get(specs.get(i).name());
            if (adapter != null) {
                Linear.Dropout dropout = new Linear.Dropout((float) how.dropout(), i);
                adapters.put(
                        specs.get(i).name(),
                        new Linear.Adapter(adapter.down(), adapter.up(), adapter.scale(), dropout));
            }
        }
        modules.keySet().retainAll(chosen);
        return new AdapterSet(how, adapters, modules);
    }

    private static boolean isTarget(AdapterConfig how, Map.Entry<String, String> matrix) {
        return how.isTarget(matrix.getKey().replaceFirst("\\.weight$", "")) || how.isTarget(matrix.getValue());
    }

    /** The parameters that can have an adapter. */
    static List<ParameterSpec> matrices(ModelConfig config) {
        return config.parameters().stream().filter(Adapters::isMatrix).toList();
    }

    private static boolean isMatrix(ParameterSpec spec) {
        return spec.shape().rank() == 2 && spec.name().startsWith("transformer.h.");
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
        return new Linear.Adapter(down, up, alpha / rank, Linear.Dropout.NONE);
    }

    static String nameOfDown(String weight) {
        return weight.replaceFirst("weight$", "lora_down");
    }

    static String nameOfUp(String weight) {
        return weight.replaceFirst("weight$", "lora_up");
    }
}
