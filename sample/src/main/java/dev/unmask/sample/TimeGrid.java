package dev.unmask.sample;

/**
 * The times of a sampler, {@code t_k = 1 - k·(1 - eps)/steps}, and how much is unmasked between two of them.
 *
 * <p>Published results depend on a floor of float32 numbers, so the arithmetic is that of the published code: times are
 * those of PyTorch's float32 {@code linspace}, which goes from both ends to the middle by fused multiply-add.
 */
final class TimeGrid {
    private final float[] times;

    TimeGrid(int steps, double epsilon) {
        times = new float[steps + 1];
        float end = (float) epsilon;
        float step = (end - 1f) / steps;
        int half = times.length / 2;
        for (int k = 0; k < times.length; k++) {
            times[k] = k < half ? Math.fma(step, k, 1f) : Math.fma(-step, steps - k, end);
        }
    }

    int steps() {
        return times.length - 1;
    }

    /** The probability {@code 1 - s/t} with which step {@code k} unmasks a position; 1 for the last step. */
    float unmasking(int k) {
        return k == steps() - 1 ? 1f : 1f - times[k + 1] / times[k];
    }

    /**
     * How many of the masked positions step {@code k} unmasks: {@code floor(masked·(1 - s/t))}, all in the last step.
     */
    int count(int k, int masked) {
        return k == steps() - 1 ? masked : (int) (masked * unmasking(k));
    }
}
