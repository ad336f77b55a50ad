package dev.unmask.sample;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Chooses between several readings of a text: between words that are given, and between sizes of blanks. */
final class OpenBlanks {
    /** Masked texts of one pass of the chain rule. */
    private static final int BATCH = 16;

    private static final Comparator<Scored> BEST_FIRST = Comparator.comparingDouble((Scored s) -> -s.score);

    private final Denoiser denoiser;
    private final BlankFiller filler;
    private final SamplerSettings settings;
    private final SamplingListener listener;

    OpenBlanks(Denoiser denoiser, BlankFiller filler, SamplerSettings settings, SamplingListener listener) {
        this.denoiser = denoiser;
        this.filler = filler;
        this.settings = settings;
        this.listener = listener;
    }

    /** A reading whose choices are placed, each token scored given those before it. */
    private record Placed(BlankText text, int[] ids, float[] confidence) {}

    private record Scored(Placed reading, Filling filling, double score) {
        BlankText text() {
            return reading.text;
        }
    }

    /** Reads the text again with other sizes of those blanks whose size is unknown; empty if it is too long then. */
    @FunctionalInterface
    interface Resizing {
        Optional<BlankText> resized(Picks picks, List<Integer> sizes);
    }

    /**
     * Fills all readings in one way, and the best of them, as many as are wanted, in further ways; returns the best
     * fillings of all.
     *
     * @param most how many at the most
     * @param resizing reads the text with further sizes
     */
    List<Filling> fill(List<BlankText> variants, int most, Resizing resizing) {
        List<Scored> scored = new ArrayList<>();
        int evaluations = 0;
        for (BlankText variant : variants) {
            evaluations += fill(variant, scored);
        }
        if (!variants.getFirst().unknown().isEmpty()) {
            evaluations += refine(scored, resizing);
        }
        scored.sort(BEST_FIRST);
        if (most > 1) {
            List<Scored> best = List.copyOf(scored.subList(0, Math.min(most, scored.size())));
            scored.clear();
            for (Scored one : best) {
                evaluations += fill(one.reading, 0, most, scored);
            }
            scored.sort(BEST_FIRST);
        }
        Map<String, Filling> different = new LinkedHashMap<>();
        for (Scored s : scored) {
            Filling found = s.filling;
            different.putIfAbsent(found.text(), new Filling(found.text(), found.tokens(), found.blanks(), evaluations));
        }
        return different.values().stream().limit(most).toList();
    }

    /**
     * Looks for better sizes between those that were tried: about the best reading, blank after blank, in steps that
     * become smaller by half.
     */
    private int refine(List<Scored> scored, Resizing resizing) {
        int evaluations = 0;
        Set<List<Integer>> tried = new HashSet<>();
        scored.forEach(s -> tried.add(sizes(s.text())));
        int blanks = best(scored).text().unknown().size();
        for (int blank = 0; blank < blanks; blank++) {
            for (int step = sizes(best(scored).text()).get(blank) / 2; step >= 1; step /= 2) {
                Scored best = best(scored);
                BlankText.Size.Unknown bounds = (BlankText.Size.Unknown) best.text().unknown().get(blank).size();
                for (int direction : new int[] {-step, step}) {
                    List<Integer> sizes = new ArrayList<>(sizes(best.text()));
                    int size = sizes.get(blank) + direction;
                    sizes.set(blank, size);
                    if (size < bounds.least() || size > bounds.most() || !tried.add(sizes)) {
                        continue;
                    }
                    Optional<BlankText> text = resizing.resized(best.text().picks(), sizes);
                    if (text.isPresent()) {
                        evaluations += fill(text.get(), scored);
                    }
                }
            }
        }
        return evaluations;
    }

    private static List<Integer> sizes(BlankText text) {
        return text.unknown().stream().map(BlankText.Span::tokens).toList();
    }

    private static Scored best(List<Scored> scored) {
        return scored.stream().max(Comparator.comparingDouble(Scored::score)).orElseThrow();
    }

    /** Fills one reading in one way and returns the evaluations. */
    private int fill(BlankText variant, List<Scored> into) {
        int[] ids = variant.ids().clone();
        float[] confidence = new float[ids.length];
        int placing = place(variant, ids, confidence);
        return fill(new Placed(variant, ids, confidence), placing, 1, into);
    }

    private int fill(Placed reading, int placing, int most, List<Scored> into) {
        BlankText variant = reading.text;
        List<Filling> fillings = filler.fill(variant, reading.ids, reading.confidence, placing, most);
        double plain = plain(fillings.getFirst(), variant);
        for (Filling filling : fillings) {
            into.add(new Scored(reading, filling, score(filling, variant) + plain(filling, variant) - plain));
        }
        return fillings.getLast().evaluations();
    }

    /** Log-probabilities of choices, and the mean of those of the tokens of each blank whose size is open. */
    private static double score(Filling filling, BlankText variant) {
        double score = 0;
        for (int i = 0; i < variant.blanks().size(); i++) {
            BlankText.Span blank = variant.blanks().get(i);
            double sum = filling.blanks().get(i).logConfidence();
            score += blank.sized() ? sum / blank.tokens() : blank.choice().isEmpty() ? 0 : sum;
        }
        return score;
    }

    /** Log-probabilities of other blanks, which tell fillings of one reading apart, but not readings. */
    private static double plain(Filling filling, BlankText variant) {
        double sum = 0;
        for (int i = 0; i < variant.blanks().size(); i++) {
            BlankText.Span blank = variant.blanks().get(i);
            sum += blank.sized() || !blank.choice().isEmpty() ? 0 : filling.blanks().get(i).logConfidence();
        }
        return sum;
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
        int evaluations = 0;
        for (int first = 0; first < rows.size(); first += BATCH) {
            listener.check("choosing between texts");
            List<Denoiser.Scored> part = rows.subList(first, Math.min(rows.size(), first + BATCH));
            float[] losses = denoiser.crossEntropy(Math.min(BATCH, rows.size()), part, guidance);
            int[] positions = part.stream().mapToInt(row -> row.positions()[0]).sorted().toArray();
            for (int i = 0; i < part.size(); i++) {
                Expect.prediction(losses[i]);
                confidence[part.get(i).positions()[0]] = -losses[i];
            }
            evaluations += part.size() * (guidance > 0 ? 2 : 1);
            tell(ids, positions, confidence, first / BATCH, Math.ceilDiv(rows.size(), BATCH), evaluations);
        }
        return evaluations;
    }

    private void tell(int[] ids, int[] positions, float[] confidence, int step, int steps, int evaluations) {
        float[] logConfidence = new float[positions.length];
        for (int i = 0; i < positions.length; i++) {
            logConfidence[i] = confidence[positions[i]];
        }
        listener.onStep(
                new SamplingStep(
                        step,
                        steps,
                        List.of(
                                new SamplingStep.Progress(
                                        ids.clone(), positions, logConfidence, new int[0], evaluations))));
    }
}
