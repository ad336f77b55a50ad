package dev.unmask.model;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The low-rank adapters of a model, and what is kept with them.
 *
 * @param config what they are
 * @param adapters by the names of the weights that they add to
 * @param modules what each weight's module is called in files, by the names of the weights
 */
public record AdapterSet(AdapterConfig config, Map<String, Linear.Adapter> adapters, Map<String, String> modules) {
    /** Takes copies, and checks that every adapter has a name. */
    public AdapterSet {
        adapters = Collections.unmodifiableMap(new LinkedHashMap<>(adapters));
        modules = Map.copyOf(modules);
        if (!modules.keySet().containsAll(adapters.keySet())) {
            throw new IllegalArgumentException("adapters: found one without the name of its module");
        }
    }

    /**
     * One of several with what it counts.
     *
     * @param set the adapters
     * @param weight what their sum is multiplied by
     */
    public record Weighted(AdapterSet set, double weight) {}

    /**
     * Adapters that add what several add together: their ranks are added up.
     *
     * @param backend owns the new tensors
     * @param sets at least one
     * @return the sum; the adapters themselves if there is one that counts once
     */
    public static AdapterSet sum(Backend backend, List<Weighted> sets) {
        Weighted only = sets.getFirst();
        if (sets.size() == 1 && only.weight == 1) {
            return only.set;
        }
        Map<String, List<Linear.Adapter>> parts = new LinkedHashMap<>();
        Map<String, String> modules = new LinkedHashMap<>();
        for (Weighted weighted : sets) {
            if (!Double.isFinite(weighted.weight)) {
                throw new InputException("adapter: found the weight " + weighted.weight + ", expected a number");
            }
            weighted.set.adapters.forEach((name, adapter) ->
                    parts.computeIfAbsent(name, _ -> new ArrayList<>())
                            .add(
                                    new Linear.Adapter(
                                            adapter.down(),
                                            adapter.up(),
                                            (float) (adapter.scale() * weighted.weight))));
            modules.putAll(weighted.set.modules);
        }
        Map<String, Linear.Adapter> sums = new LinkedHashMap<>();
        parts.forEach((name, all) -> sums.put(name, sum(backend, name, all)));
        AdapterSet sum = new AdapterSet(only.set.config, sums, modules);
        return new AdapterSet(sum.config.unscaled(sum.ranks()), sums, modules);
    }

    /** The rank of each adapter, by the names of their modules in files. */
    Map<String, Integer> ranks() {
        Map<String, Integer> ranks = new LinkedHashMap<>();
        adapters.forEach((name, adapter) -> ranks.put(modules.get(name), adapter.down().shape().rows()));
        return ranks;
    }

    private static Linear.Adapter sum(Backend backend, String name, List<Linear.Adapter> parts) {
        int rank = parts.stream().mapToInt(part -> part.down().shape().rows()).sum();
        int in = parts.getFirst().down().shape().columns();
        int out = parts.getFirst().up().shape().rows();
        float[] down = new float[rank * in];
        float[] up = new float[out * rank];
        int first = 0;
        for (Linear.Adapter part : parts) {
            int its = part.down().shape().rows();
            System.arraycopy(part.down().floats(), 0, down, first * in, its * in);
            float[] from = part.up().floats();
            for (int row = 0; row < out; row++) {
                for (int i = 0; i < its; i++) {
                    up[row * rank + first + i] = from[row * its + i] * part.scale();
                }
            }
            first += its;
        }
        Tensor wide = backend.allocate(Adapters.nameOfDown(name), DType.F32, Shape.of(rank, in));
        Tensor high = backend.allocate(Adapters.nameOfUp(name), DType.F32, Shape.of(out, rank));
        wide.set(down);
        high.set(up);
        return new Linear.Adapter(wide, high, 1);
    }
}
