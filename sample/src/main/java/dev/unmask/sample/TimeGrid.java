package dev.unmask.sample;

/**
 * The times of a sampler, {@code t_k = 1 - k·(1 - eps)/steps}, and how much is unmasked between two of them.
 *
 * <p>Published results depend on a floor of float32 numbers, so the arithmetic is that of the published code: times are
 * those of PyTorch's float32 {@code linspace}, which goes from both ends to the middle by fused multiply-add.
 */
record TimeGrid(int steps, double epsilon) {
    static void require(double epsilon) {
        Expect.that(epsilon > 0 && epsilon < 1, "epsilon: found %s, expected a number between 0 and 1", epsilon);
    }

    /** {@code t_k}; the last one is {@code eps}. */
    float time(int k) {
        float end = (float) epsilon;
        float step = (end - 1f) / steps;
        return k < (steps + 1) / 2 ? Math.fma(step, k, 1f) : Math.fma(-step, steps - k, end);
    }

    /** The probability {@code 1 - s/t} with which step {@code k} unmasks a position; 1 for the last step. */
    float unmasking(int k) {
        return k == steps - 1 ? 1f : 1f - time(k + 1) / time(k);
    }

    /**
     * The probability with which step {@code k} unmasks a position where it masks tokens with probability {@code
     * sigma}.
     */
    double unmasking(int k, double sigma) {
        // (α_s - (1 - σ)·α_t) / (1 - α_t) with α = 1 - time
        return sigma == 0 || k == steps - 1 ? unmasking(k) : unmasking(k) + sigma * (1 - time(k)) / time(k);
    }

    /**
     * How many of the masked positions step {@code k} unmasks: {@code floor(masked·(1 - s/t))}, all in the last step.
     */
    int count(int k, int masked) {
        return k == steps - 1 ? masked : (int) (masked * unmasking(k));
    }
}
