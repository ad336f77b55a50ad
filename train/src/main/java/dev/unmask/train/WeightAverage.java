package dev.unmask.train;

import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.MovingAverage;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The average of what a training changes, which follows it; see {@link AverageSettings}. */
final class WeightAverage {
    private final AverageSettings settings;
    private final Map<String, Tensor> tensors;
    private final Transformer model;
    private final Tensor share;
    private final Program following;

    /** The average of a model as it is now. */
    WeightAverage(Backend backend, Transformer trained, AverageSettings settings) {
        this.settings = settings;
        Map<String, Tensor> averages = new LinkedHashMap<>();
        trained.trained()
                .forEach((name, value) ->
                        averages.put(name, backend.allocate("average of " + name, DType.F32, value.shape())));
        this.tensors = Collections.unmodifiableMap(averages);
        this.model = trained.withTrained(tensors);
        this.share = backend.allocate("share", DType.F32, Shape.of(1));
        Map<String, Tensor> values = trained.trained();
        backend.record(recorder ->
                        tensors.forEach((name, average) -> recorder.add(new Copy(values.get(name), average))))
                .run();
        this.following =
                backend.record(recorder ->
                        tensors.forEach(
                                (name, average) -> recorder.add(new MovingAverage(average, values.get(name), share))));
    }

    /** The averages by the names of what they are of. */
    Map<String, Tensor> tensors() {
        return tensors;
    }

    /** A model of the averages. */
    Transformer model() {
        return model;
    }

    /** Takes the weights into account, after an update. */
    void follow(long step) {
        share.set((float) settings.share(step));
        following.run();
    }
}
