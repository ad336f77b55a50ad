package dev.unmask.train.reversal;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * BLEU-4 of a sentence (Papineni et al., 2002), without smoothing: what NLTK's {@code sentence_bleu} computes.
 */
public final class Bleu {
    private static final int LONGEST = 4;

    private Bleu() {}

    /**
     * Of characters, as SMDM's script has it (METHOD §7.1).
     *
     * @param reference what is right
     * @param found what was found
     * @return from 0 to 1
     */
    public static double ofCharacters(String reference, String found) {
        return of(List.of(characters(reference)), characters(found));
    }

    private static List<String> characters(String text) {
        return text.codePoints().mapToObj(Character::toString).toList();
    }

    /**
     * The geometric mean of the shares of runs of one to four words that are in a reference, less for what is too
     * short.
     *
     * @param references what is right, at least one
     * @param found what was found
     * @return from 0 to 1; 0 if some length has no run that is right
     */
    public static double of(List<List<String>> references, List<String> found) {
        if (found.isEmpty()) {
            return 0;
        }
        double logs = 0;
        for (int n = 1; n <= LONGEST; n++) {
            Map<List<String>, Integer> runs = runs(found, n);
            int right = 0;
            for (Map.Entry<List<String>, Integer> run : runs.entrySet()) {
                int known = 0;
                for (List<String> reference : references) {
                    known = Math.max(known, runs(reference, n).getOrDefault(run.getKey(), 0));
                }
                right += Math.min(known, run.getValue());
            }
            if (right == 0) {
                return 0;
            }
            logs += Math.log((double) right / Math.max(1, found.size() - n + 1)) / LONGEST;
        }
        int closest = references.getFirst().size();
        for (List<String> reference : references) {
            int distance = Math.abs(reference.size() - found.size());
            int before = Math.abs(closest - found.size());
            if (distance < before || distance == before && reference.size() < closest) {
                closest = reference.size();
            }
        }
        double brevity = found.size() >= closest ? 0 : 1 - (double) closest / found.size();
        return Math.exp(logs + brevity);
    }

    private static Map<List<String>, Integer> runs(List<String> words, int n) {
        Map<List<String>, Integer> runs = new HashMap<>();
        for (int i = 0; i + n <= words.size(); i++) {
            runs.merge(List.copyOf(words.subList(i, i + n)), 1, Integer::sum);
        }
        return runs;
    }
}
