package dev.unmask.sample;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** Chooses between several readings of a text: between words that are given, and between sizes of blanks. */
final class OpenBlanks {
    /** Masked texts of one pass of the chain rule. */
    private static final int BATCH = 16;

    private final MaskedSampler sampler;
    private final Denoiser denoiser;
    private final SamplerSettings settings;

    OpenBlanks(MaskedSampler sampler, SamplerSettings settings) {
        this.sampler = sampler;
        this.denoiser = sampler.denoiser();
        this.settings = settings;
    }

    private record Scored(Filling filling, double score) {}

    /**
     * Fills all readings and returns the best ones.
     *
     * @param most how many at the most
     * @param filling makes a filling of a completed reading
     */
    List<Filling> fill(List<BlankText> variants, int most, BiFunction<Sample, BlankText, Filling> filling) {
        List<Scored> scored = new ArrayList<>();
        for (BlankText variant : variants) {
            Sample sample = completed(variant);
            scored.add(new Scored(filling.apply(sample, variant), score(sample, variant)));
        }
        int evaluations = scored.stream().mapToInt(s -> s.filling.evaluations()).sum();
        scored.sort(Comparator.comparingDouble((Scored s) -> -s.score));
        Map<String, Filling> different = new LinkedHashMap<>();
        for (Scored s : scored) {
            Filling found = s.filling;
            different.putIfAbsent(found.text(), new Filling(found.text(), found.tokens(), found.blanks(), evaluations));
        }
        return different.values().stream().limit(most).toList();
    }

    /** Log-probabilities of choices, and the mean of those of the tokens of each blank whose size is open. */
    private static double score(Sample sample, BlankText variant) {
        double score = 0;
        for (BlankText.Span blank : variant.blanks()) {
            double sum = 0;
            for (int i = blank.from(); i < blank.to(); i++) {
                sum += sample.logConfidence()[i];
            }
            score += blank.ranged() ? sum / (blank.to() - blank.from()) : blank.choice().isEmpty() ? 0 : sum;
        }
        return score;
    }

    private Sample completed(BlankText variant) {
        int[] ids = variant.ids().clone();
        float[] confidence = new float[ids.length];
        int evaluations = place(variant, ids, confidence);
        boolean masked = Arrays.stream(ids).anyMatch(id -> id == denoiser.maskToken());
        if (!masked) {
            return new Sample(ids, confidence, evaluations);
        }
        Sample filled =
                sampler.sample(List.of(MaskedSequence.infilling(ids, denoiser.maskToken(), 0)), settings).getFirst();
        float[] all = filled.logConfidence().clone();
        for (int i = 0; i < all.length; i++) {
            all[i] += confidence[i];
        }
        return new Sample(filled.ids(), all, filled.evaluations() + evaluations);
    }

    /** Places the choices, each token scored given those before it; returns the evaluations. */
    private int place(BlankText variant, int[] ids, float[] confidence) {
        BitSet prompt = new BitSet(ids.length);
        for (int i = 0; i < ids.length; i++) {
            prompt.set(i, ids[i] != denoiser.maskToken());
        }
        double guidance = prompt.isEmpty() ? 0 : settings.guidance().scale();
        List<Denoiser.Scored> rows = new ArrayList<>();
        for (BlankText.Span blank : variant.blanks()) {
            for (int i = 0; i < blank.choice().size(); i++) {
                int position = blank.from() + i;
                int token = blank.choice().get(i);
                rows.add(new Denoiser.Scored(ids.clone(), prompt, new int[] {position}, new int[] {token}));
                ids[position] = token;
            }
        }
        for (int first = 0; first < rows.size(); first += BATCH) {
            List<Denoiser.Scored> part = rows.subList(first, Math.min(rows.size(), first + BATCH));
            float[] losses = denoiser.crossEntropy(Math.min(BATCH, rows.size()), part, guidance);
            for (int i = 0; i < part.size(); i++) {
                Expect.prediction(losses[i]);
                confidence[part.get(i).positions()[0]] = -losses[i];
            }
        }
        return rows.size() * (guidance > 0 ? 2 : 1);
    }
}
