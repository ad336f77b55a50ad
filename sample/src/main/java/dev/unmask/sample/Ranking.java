package dev.unmask.sample;

import java.util.Arrays;

/** Finds the highest of scores. */
final class Ranking {
    private Ranking() {}

    /**
     * The entries with the highest scores, the earlier one among equals.
     *
     * @throws dev.unmask.tensor.UnmaskException if a score is not a number
     */
    static int[] best(double[] scores, int take) {
        Integer[] entries = new Integer[scores.length];
        for (int i = 0; i < entries.length; i++) {
            Expect.prediction(scores[i]);
            entries[i] = i;
        }
        // Adding zero makes one of both zeros, so that they count as equal.
        Arrays.sort(entries, (a, b) -> Double.compare(scores[b] + 0.0, scores[a] + 0.0));
        int[] best = new int[take];
        Arrays.setAll(best, i -> entries[i]);
        return best;
    }
}
