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
import java.util.Optional;
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
     * @param folder the model that they will add to; its head and tables of embeddings get none
     * @param how what they are
     * @param seed the same seed gives the same numbers on every machine
     * @return the adapters
     * @throws InputException if a target is no matrix of the model's blocks; the message names those there are
     */
    public static AdapterSet of(Backend backend, ModelFolder folder, AdapterConfig how, long seed) {
        Map<String, String> modules = AdapterFiles.modules(folder.config(), folder.family());
        for (String target : how.targets()) {
            if (modules.entrySet().stream().noneMatch(matrix -> isTarget(List.of(target), matrix))) {
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
        modules.entrySet().removeIf(matrix -> !isTarget(how.targets(), matrix));
        Map<String, Linear.Adapter> adapters = new LinkedHashMap<>();
        List<ParameterSpec> specs = folder.config().parameters();
        for (int i = 0; i < specs.size(); i++) {
            ParameterSpec spec = specs.get(i);
            String module = modules.get(spec.name());
            if (module != null) {
                float scale = how.scale(module, how.rank());
                adapters.put(spec.name(), adapter(backend, spec, how.rank(), scale, seed, specs.size() + i));
            }
        }
        return new AdapterSet(how, adapters, modules);
    }

    private static boolean isTarget(List<String> targets, Map.Entry<String, String> matrix) {
        return AdapterConfig.isTarget(targets, matrix.getKey().replaceFirst("\\.weight$", ""))
                || AdapterConfig.isTarget(targets, matrix.getValue());
    }

    /** The parameters that can have an adapter. */
    static List<ParameterSpec> matrices(ModelConfig config) {
        return config.parameters().stream().filter(Adapters::isMatrix).toList();
    }

    private static boolean isMatrix(ParameterSpec spec) {
        return spec.shape().rank() == 2 && spec.name().startsWith("transformer.h.");
    }

    /** Refuses an adapter that does not fit the weight of its name, if there is such a weight. */
    static void requireFit(String name, Linear.Adapter adapter, Optional<Tensor> weight) {
        Shape down = adapter.down().shape();
        Shape up = adapter.up().shape();
        boolean fits =
                name.startsWith(Parameters.BLOCKS)
                        && weight.map(Tensor::shape)
                                .filter(shape -> up.rows() == shape.rows() && down.columns() == shape.columns())
                                .isPresent()
                        && up.columns() == down.rows();
        if (!fits) {
            throw new InputException(
                    "adapter of "
                            + name
                            + ": found "
                            + adapter.down()
                            + " and "
                            + adapter.up()
                            + ", expected [r, in] and [out, r] of a matrix of a block");
        }
    }

    private static Linear.Adapter adapter(
            Backend backend, ParameterSpec spec, int rank, float scale, long seed, int stream) {
        int in = spec.shape().columns();
        Tensor down = backend.allocate(nameOfDown(spec.name()), DType.F32, Shape.of(rank, in));
        Tensor up = backend.allocate(nameOfUp(spec.name()), DType.F32, Shape.of(spec.shape().rows(), rank));
        float[] values = new float[rank * in];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (Philox.gaussian(seed, Purpose.INIT, stream, i) / Math.sqrt(in));
        }
        down.set(values);
        return new Linear.Adapter(down, up, scale);
    }

    static String nameOfDown(String weight) {
        return weight.replaceFirst("weight$", "lora_down");
    }

    static String nameOfUp(String weight) {
        return weight.replaceFirst("weight$", "lora_up");
    }
}
