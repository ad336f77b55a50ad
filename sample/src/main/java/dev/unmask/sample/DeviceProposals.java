package dev.unmask.sample;

import dev.unmask.tensor.Tensor;

/** Proposals on a device, each kind of number fetched once when it is first asked for. */
final class DeviceProposals implements Proposals {
    private final Tensor tokens;
    private final Tensor logConfidence;
    private final Tensor margin;
    private final Tensor entropy;
    private int[] tokenIds;
    private float[] logConfidences;
    private float[] margins;
    private float[] entropies;

    DeviceProposals(Tensor tokens, Tensor logConfidence, Tensor margin, Tensor entropy) {
        this.tokens = tokens;
        this.logConfidence = logConfidence;
        this.margin = margin;
        this.entropy = entropy;
    }

    @Override
    public int[] tokens() {
        if (tokenIds == null) {
            tokenIds = tokens.ints();
        }
        return tokenIds;
    }

    @Override
    public float[] logConfidence() {
        if (logConfidences == null) {
            logConfidences = logConfidence.floats();
        }
        return logConfidences;
    }

    @Override
    public float[] margin() {
        if (margins == null) {
            margins = margin.floats();
        }
        return margins;
    }

    @Override
    public float[] entropy() {
        if (entropies == null) {
            entropies = entropy.floats();
        }
        return entropies;
    }
}
