package dev.unmask.train.cli;

import dev.unmask.sample.Sample;

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
     *
     * @param given tokens that stood in all their prompts
     */
    void add(List<Sample> samples, int given, long nanos) {
        texts += samples.size();
        evaluations += samples.stream().mapToLong(Sample::evaluations).sum();
        written += samples.stream().mapToLong(sample -> sample.ids().length).sum() - given;
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
