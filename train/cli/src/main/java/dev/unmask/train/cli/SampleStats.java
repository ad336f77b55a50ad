package dev.unmask.train.cli;

import dev.unmask.sample.TextSampler;

import java.util.List;
import java.util.Locale;

/** How much work some texts were. */
final class SampleStats {
    private long texts;
    private long evaluations;
    private long written;
    private double seconds;

    /**
     * Adds texts that were written together.
     */
    void add(List<TextSampler.Written> all, long nanos) {
        texts += all.size();
        evaluations += all.stream().mapToLong(text -> text.sample().evaluations()).sum();
        written += all.stream().mapToLong(text -> text.sample().ids().length - text.prompt()).sum();
        seconds += nanos * 1e-9;
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "NFE %.1f a text, %.2f s, %.1f tokens a second",
                (double) evaluations / texts,
                seconds,
                written / seconds);
    }
}
