package dev.unmask.sample;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * The likeliest completions of one sequence, filled position by position in a fixed order. Each is scored by {@code Σ
 * ln p} of its tokens, each given the text and the tokens before it in that order: scores of different completions are
 * of the same factorisation, and no completion is found twice.
 */
final class BeamSearch {
    /** Gives the logits of one position of some sequences. */
    @FunctionalInterface
    interface Model {
        /**
         * Asks for logits.
         *
         * @param sequences at least one
         * @param position the position, masked in all of them
         * @param rows receives the row {@code [V]} of each sequence, in their order
         */
        void logits(List<int[]> sequences, int position, Denoiser.Rows rows);
    }

    /**
     * A sequence some of whose positions are filled.
     *
     * @param ids all of its tokens
     * @param logConfidence of each position filled so far {@code ln p} of its token
     * @param score their sum
     */
    record Hypothesis(int[] ids, float[] logConfidence, double score) {
        static Hypothesis of(Sample sample) {
            double sum = 0;
            for (float logConfidence : sample.logConfidence()) {
                sum += logConfidence;
            }
            return new Hypothesis(sample.ids(), sample.logConfidence(), sum);
        }

        /** What a listener is told of a step that filled a position. */
        SamplingStep told(int step, int[] order, int evaluations) {
            int position = order[step];
            return new SamplingStep(
                    step,
                    order.length,
                    List.of(
                            new SamplingStep.Progress(
                                    ids.clone(),
                                    new int[] {position},
                                    new float[] {logConfidence[position]},
                                    new int[0],
                                    evaluations)));
        }

        Hypothesis with(Extension extension, int position) {
            int[] tokens = ids.clone();
            float[] confidences = logConfidence.clone();
            tokens[position] = extension.token;
            confidences[position] = (float) (extension.score - score);
            return new Hypothesis(tokens, confidences, extension.score);
        }
    }

    /** A token that could come next. */
    private record Extension(int hypothesis, int token, double score) {
        /** The best first; what is earlier wins among equals. */
        static final Comparator<Extension> BEST_FIRST =
                Comparator.comparingDouble((Extension extension) -> -extension.score)
                        .thenComparingInt(Extension::hypothesis)
                        .thenComparingInt(Extension::token);
    }

    private final Model model;
    private final Set<Integer> banned;
    private final Map<Integer, BitSet> allowed;
    private final int width;

    /**
     * A search.
     *
     * @param allowed of each position that is restricted the tokens that may stand there
     */
    BeamSearch(Model model, Set<Integer> banned, Map<Integer, BitSet> allowed, int width) {
        this.model = model;
        this.banned = banned;
        this.allowed = allowed;
        this.width = width;
    }

    /** Whether {@link #require} refuses nothing. */
    static boolean searchable(SamplerSettings settings) {
        return settings.order().deterministic()
                && settings.filters().equals(LogitFilters.NONE.withBanned(settings.filters().banned()))
                && settings.count().equals(Count.oneByOne())
                && settings.remasking() == Remasking.NONE;
    }

    /** Refuses what has no meaning where nothing is drawn and each position is filled by itself. */
    static void require(SamplerSettings settings) {
        Expect.that(
                settings.order().deterministic(),
                "order: found %s, which draws its positions, expected confidence, margin, entropy or left_to_right"
                        + " where the likeliest completions are searched for",
                settings.order());
        Expect.that(
                settings.temperature() == 0,
                "temperature: found %s, expected 0 where the likeliest completions are searched for: none is drawn",
                settings.temperature());
        Expect.that(
                settings.filters().equals(LogitFilters.NONE.withBanned(settings.filters().banned())),
                "filters of logits: found %s, expected none but banned tokens where the likeliest completions are"
                        + " searched for",
                settings.filters());
        Expect.that(
                settings.count().equals(Count.oneByOne()) && settings.remasking() == Remasking.NONE,
                "sampler: found %s and remasking %s, expected one token a pass, and none masked again, where the"
                        + " likeliest completions are searched for",
                settings.count(),
                settings.remasking());
    }

    /**
     * Fills the positions.
     *
     * @param ids the sequence
     * @param order its masked positions
     * @param seen is told the number of each step and the best so far
     * @param cancellation is asked before each step
     * @return at most {@code width} completions, the likeliest first
     */
    List<Hypothesis> fill(int[] ids, int[] order, BiConsumer<Integer, Hypothesis> seen, Cancellation cancellation) {
        List<Hypothesis> beam = List.of(new Hypothesis(ids, new float[ids.length], 0));
        for (int step = 0; step < order.length; step++) {
            cancellation.check("the search for the likeliest completions");
            int position = order[step];
            List<Hypothesis> before = beam;
            beam = extensions(before, position).stream().map(e -> before.get(e.hypothesis).with(e, position)).toList();
            seen.accept(step, beam.getFirst());
        }
        return beam;
    }

    private List<Extension> extensions(List<Hypothesis> beam, int position) {
        PriorityQueue<Extension> best = new PriorityQueue<>(Collections.reverseOrder(Extension.BEST_FIRST));
        model.logits(
                beam.stream().map(Hypothesis::ids).toList(),
                position,
                (hypothesis, logits) -> {
                    restrict(logits, position);
                    offer(best, hypothesis, beam.get(hypothesis).score, logits);
                });
        List<Extension> found = new ArrayList<>(best);
        found.sort(Extension.BEST_FIRST);
        return found;
    }

    private void restrict(float[] logits, int position) {
        banned.forEach(token -> logits[token] = Float.NEGATIVE_INFINITY);
        BitSet only = allowed.get(position);
        if (only != null) {
            for (int token = only.nextClearBit(0); token < logits.length; token = only.nextClearBit(token + 1)) {
                logits[token] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private void offer(PriorityQueue<Extension> best, int hypothesis, double score, float[] logits) {
        double normalizer = score - logSumExp(logits);
        for (int token = 0; token < logits.length; token++) {
            double extended = logits[token] + normalizer;
            if (best.size() < width) {
                if (logits[token] != Float.NEGATIVE_INFINITY) {
                    best.add(new Extension(hypothesis, token, extended));
                }
            } else if (extended > best.peek().score) {
                best.poll();
                best.add(new Extension(hypothesis, token, extended));
            }
        }
    }

    private static double logSumExp(float[] logits) {
        double most = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - most);
        }
        double result = most + Math.log(sum);
        Expect.prediction(result);
        return result;
    }
}
