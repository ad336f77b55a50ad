package dev.unmask.sample;

/**
 * Classifier-free guidance by the prompt (METHOD §4): {@code logits = u + (1 + w)·(c - u)}, with {@code u} those where
 * the prompt is masked too.
 *
 * @param scale {@code w}, at least 0; 0: none
 * @param from guidance takes place where at least this share of the positions is masked that were at first
 * @param to and at most this
 */
public record Guidance(double scale, double from, double to) {
    /** None. */
    public static final Guidance NONE = new Guidance(0, 0, 1);

    /** Checks the numbers. */
    public Guidance {
        Expect.nonNegative("guidance scale", scale);
        Expect.fraction("start of the guidance interval", from);
        Expect.fraction("end of the guidance interval", to);
        Expect.that(from <= to, "guidance interval: found %s to %s, expected a start before its end", from, to);
    }

    /**
     * Guidance in every pass.
     *
     * @param scale {@code w}, at least 0
     * @return the guidance
     */
    public static Guidance of(double scale) {
        return new Guidance(scale, 0, 1);
    }

    /**
     * The scale of one pass.
     *
     * @param masked the share of the positions that is still masked
     * @return {@code w}, or 0 outside the interval
     */
    double at(double masked) {
        return masked >= from && masked <= to ? scale : 0;
    }
}
