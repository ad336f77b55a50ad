package dev.unmask.sample;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Searches for the likeliest completions of a sequence, in an order of its positions that is known. */
final class LikeliestSearch {
    /** A beam is this much wider than what is asked for, or {@link #LEAST_WIDTH}. */
    private static final int SPARE_WIDTH = 2;

    private static final int LEAST_WIDTH = 8;

    private final Denoiser denoiser;
    private final MaskedSequence sequence;
    private final SamplerSettings settings;
    private final SamplingListener listener;

    LikeliestSearch(Denoiser denoiser, MaskedSequence sequence, SamplerSettings settings, SamplingListener listener) {
        this.denoiser = denoiser;
        this.sequence = sequence;
        this.settings = settings;
        this.listener = listener;
    }

    /**
     * Searches with a beam that is wide enough for so many.
     *
     * @param before passes that there were before
     * @return all that the beam holds at its end, the likeliest first
     */
    List<Sample> along(MaskedSampler.Route route, int most, int before) {
        int[] order = route.order();
        int width = order.length < 2 ? most : Math.max(SPARE_WIDTH * most, LEAST_WIDTH);
        boolean guided = settings.guidance().scale() > 0 && !sequence.prompt().isEmpty();
        int[] evaluations = {before};
        BeamSearch.Model asked =
                (sequences, position, rows) -> {
                    evaluations[0] += (guided ? 2 : 1) * sequences.size();
                    denoiser.logits(
                            sequences, sequence.prompt(), position, guided ? settings.guidance().scale() : 0, rows);
                };
        List<BeamSearch.Hypothesis> found =
                new ArrayList<>(
                        new BeamSearch(asked, settings.bannedTokens(), sequence.allowed(), width)
                                .fill(
                                        sequence.ids(),
                                        order,
                                        (step, best) -> listener.onStep(best.told(step, order, evaluations[0])),
                                        listener));
        // A beam may lose what the sampler finds.
        route.greedy()
                .filter(sample -> found.stream().noneMatch(h -> Arrays.equals(h.ids(), sample.ids())))
                .ifPresent(sample -> found.add(BeamSearch.Hypothesis.of(sample)));
        return found.stream()
                .sorted(Comparator.comparingDouble(hypothesis -> -hypothesis.score()))
                .map(hypothesis -> new Sample(hypothesis.ids(), hypothesis.logConfidence(), evaluations[0]))
                .toList();
    }
}
