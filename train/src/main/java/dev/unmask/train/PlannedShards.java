package dev.unmask.train;

import dev.unmask.tensor.Tensor;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;

/** Stands for the process of the largest share where memory is planned; there is nobody to talk to. */
final class PlannedShards implements GradientExchange, UpdateShards {
    private final int ranks;
    private GradientLayout layout;
    private int largest;

    /** One of so many processes. */
    PlannedShards(int ranks) {
        this.ranks = ranks;
    }

    @Override
    public void prepare(Map<String, Tensor> gradients) {
        layout = GradientLayout.owned(gradients, ranks, Integer.MAX_VALUE);
        for (int rank = 0; rank < ranks; rank++) {
            largest = layout.shares()[rank] > layout.shares()[largest] ? rank : largest;
        }
    }

    @Override
    public Optional<UpdateShards> shards() {
        return Optional.of(this);
    }

    @Override
    public boolean owns(String name) {
        return layout.places().get(name).owner() == largest;
    }

    @Override
    public void complete(float[] numbers) {}

    @Override
    public void share(Map<String, Tensor> parameters) {}

    @Override
    public Map<String, MemorySegment> collect(Map<String, Tensor> own) {
        return Map.of();
    }
}
