package dev.unmask.train;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.AdamW;
import dev.unmask.tensor.kernel.SumOfSquares;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * AdamW with clipping of the global gradient norm (METHOD §2.4). Gradients are scaled, parameters and moments updated
 * in place by one recorded program.
 */
public final class AdamWOptimizer {
    private final AdamWSettings settings;
    private final Map<String, Tensor> parameters;
    private final Optional<UpdateShards> shards;
    private final Map<String, Tensor> gradients;
    private final Map<String, Tensor> firstMoments;
    private final Map<String, Tensor> secondMoments;
    private final Tensor squaredNorms;
    private final Tensor stepSettings;
    private final Program norms;
    private final Program update;

    /**
     * An optimiser with all moments zero.
     *
     * @param backend owns the parameters
     * @param parameters what to optimise, by name
     * @param settings the constants
     */
    public AdamWOptimizer(Backend backend, Map<String, Tensor> parameters, AdamWSettings settings) {
        this(backend, parameters, settings, GradientExchange.NONE);
    }

    /**
     * An optimiser with all moments zero, those of the parameters that this process updates.
     *
     * @param backend owns the parameters
     * @param parameters what to optimise, by name
     * @param settings the constants
     * @param exchange told of the gradients, and says who updates what
     */
    AdamWOptimizer(Backend backend, Map<String, Tensor> parameters, AdamWSettings settings, GradientExchange exchange) {
        this.settings = settings;
        this.parameters = parameters;
        this.gradients = like(backend, parameters, "gradient of ");
        exchange.prepare(gradients);
        this.shards = exchange.shards();
        Map<String, Tensor> own = new LinkedHashMap<>(parameters);
        shards.ifPresent(of -> own.keySet().removeIf(name -> !of.owns(name)));
        this.firstMoments = like(backend, own, "first moment of ");
        this.secondMoments = like(backend, own, "second moment of ");
        this.squaredNorms = backend.allocate("squared norms", DType.F32, Shape.of(parameters.size()));
        this.stepSettings = backend.allocate("optimiser settings", DType.F32, Shape.of(AdamW.SETTINGS));
        this.norms =
                backend.record(recorder -> {
                    int slot = 0;
                    for (Map.Entry<String, Tensor> gradient : gradients.entrySet()) {
                        if (own.containsKey(gradient.getKey())) {
                            recorder.add(new SumOfSquares(gradient.getValue(), squaredNorms, slot));
                        }
                        slot++;
                    }
                });
        this.update =
                backend.record(recorder ->
                        own.forEach((name, parameter) ->
                                recorder.add(
                                        new AdamW(
                                                parameter,
                                                gradients.get(name),
                                                firstMoments.get(name),
                                                secondMoments.get(name),
                                                squaredNorms,
                                                stepSettings))));
    }

    private static Map<String, Tensor> like(Backend backend, Map<String, Tensor> parameters, String prefix) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        parameters.forEach(
                (name, parameter) -> tensors.put(name, backend.allocate(prefix + name, DType.F32, parameter.shape())));
        return Collections.unmodifiableMap(tensors);
    }

    /**
     * Where the gradients of the parameters belong.
     *
     * @return a tensor for each parameter, by name
     */
    public Map<String, Tensor> gradients() {
        return gradients;
    }

    /**
     * The running means of gradients.
     *
     * @return a tensor for each parameter that this process updates, by name
     */
    public Map<String, Tensor> firstMoments() {
        return firstMoments;
    }

    /**
     * The running means of squared gradients.
     *
     * @return a tensor for each parameter that this process updates, by name
     */
    public Map<String, Tensor> secondMoments() {
        return secondMoments;
    }

    /**
     * Updates every parameter by its gradient.
     *
     * @param step how many updates this makes, from 1
     * @param learningRate the learning rate of this update
     * @return the norm of all gradients together, before clipping
     */
    public double update(long step, double learningRate) {
        double norm = norm();
        apply(step, learningRate);
        return norm;
    }

    /**
     * Measures the gradients, before they are used or left out.
     *
     * @return the norm of all gradients together, before clipping
     */
    double norm() {
        norms.run();
        float[] all = squaredNorms.floats();
        shards.ifPresent(of -> {
            of.complete(all);
            squaredNorms.set(all);
        });
        double sum = 0;
        for (float squared : all) {
            sum += squared;
        }
        return Math.sqrt(sum);
    }

    /** Updates every parameter by its gradient, which {@link #norm} has measured. */
    void apply(long step, double learningRate) {
        stepSettings.set(
                (float) learningRate,
                (float) settings.beta1(),
                (float) settings.beta2(),
                (float) settings.epsilon(),
                (float) settings.weightDecay(),
                (float) (1 - Math.pow(settings.beta1(), step)),
                (float) (1 - Math.pow(settings.beta2(), step)),
                (float) settings.maxNorm());
        update.run();
        shards.ifPresent(of -> of.share(parameters));
    }
}
