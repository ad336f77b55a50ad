package dev.unmask.model.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Finds the merges of a byte-pair encoding. The counts of pairs are kept up to date by looking only at the words in
 * which the pair that was merged occurs; the queue may hold counts that are too high and is mended when such an entry
 * comes up. Ties go to the pair with the smaller ids. All of it follows Hugging Face's {@code BpeTrainer}, including
 * what it does when two merges spell the same token, so that both learn the same.
 */
final class MergeLearner {
    private final List<String> tokens;
    private final Map<String, Integer> idOfToken = new HashMap<>();
    private final List<Word> words = new ArrayList<>();
    private final Map<Long, Long> pairCounts = new HashMap<>();
    private final PriorityQueue<Candidate> queue =
            new PriorityQueue<>(Comparator.comparingLong((Candidate c) -> -c.count).thenComparingLong(c -> c.pair));

    /** Pairs that appeared since the queue was last filled, with the words they appeared in. */
    private Map<Long, WordSet> appeared = new HashMap<>();

    MergeLearner(List<String> tokens) {
        this.tokens = new ArrayList<>(tokens);
        for (int id = 0; id < tokens.size(); id++) {
            idOfToken.put(tokens.get(id), id);
        }
    }

    private static final class Word {
        private final int[] ids;
        private final long count;
        private int length;

        Word(int[] ids, long count) {
            this.ids = ids;
            this.count = count;
            this.length = ids.length;
        }
    }

    private static final class Candidate {
        private final long pair;
        private final WordSet words;
        private long count;

        Candidate(long pair, WordSet words, long count) {
            this.pair = pair;
            this.words = words;
            this.count = count;
        }
    }

    /** Indices of words, added in ascending order. */
    private static final class WordSet {
        private int[] indices = new int[2];
        private int size;

        void add(int index) {
            if (size > 0 && indices[size - 1] == index) {
                return;
            }
            if (size == indices.length) {
                indices = Arrays.copyOf(indices, 2 * size);
            }
            indices[size++] = index;
        }
    }

    void add(int[] ids, long count) {
        int index = words.size();
        words.add(new Word(ids, count));
        for (int i = 0; i + 1 < ids.length; i++) {
            change(pair(ids[i], ids[i + 1]), count, index);
        }
    }

    /** The tokens that were given and those learnt. */
    List<String> tokens() {
        return tokens;
    }

    List<MergeTable.Merge> learn(int vocabulary, int minimumCount) {
        // Where a pair is merged again, its rank is that of the last time.
        Map<Long, MergeTable.Merge> merges = new LinkedHashMap<>();
        enqueueAppeared();
        while (tokens.size() < vocabulary && !queue.isEmpty()) {
            Candidate best = queue.poll();
            long count = pairCounts.get(best.pair);
            if (count != best.count) {
                best.count = count;
                queue.add(best);
                continue;
            }
            if (count < minimumCount) {
                break;
            }
            int left = (int) (best.pair >>> 32);
            int right = (int) best.pair;
            int result = idOf(tokens.get(left) + tokens.get(right));
            merges.remove(best.pair);
            merges.put(best.pair, new MergeTable.Merge(left, right, result));
            for (int i = 0; i < best.words.size; i++) {
                merge(best.words.indices[i], left, right, result);
            }
            enqueueAppeared();
        }
        return List.copyOf(merges.values());
    }

    private int idOf(String token) {
        Integer known = idOfToken.putIfAbsent(token, tokens.size());
        if (known != null) {
            return known;
        }
        tokens.add(token);
        return tokens.size() - 1;
    }

    private void merge(int index, int left, int right, int result) {
        Word word = words.get(index);
        int[] ids = word.ids;
        int kept = 0;
        int read = 0;
        while (read < word.length) {
            if (ids[read] == left && read + 1 < word.length && ids[read + 1] == right) {
                if (kept > 0) {
                    change(pair(ids[kept - 1], left), -word.count, index);
                    change(pair(ids[kept - 1], result), word.count, index);
                }
                if (read + 2 < word.length) {
                    change(pair(right, ids[read + 2]), -word.count, index);
                    change(pair(result, ids[read + 2]), word.count, index);
                }
                ids[kept++] = result;
                read += 2;
            } else {
                ids[kept++] = ids[read++];
            }
        }
        word.length = kept;
    }

    private void change(long pair, long count, int word) {
        pairCounts.merge(pair, count, Long::sum);
        if (count > 0) {
            appeared.computeIfAbsent(pair, any -> new WordSet()).add(word);
        }
    }

    private void enqueueAppeared() {
        appeared.forEach((pair, where) -> {
            long count = pairCounts.get(pair);
            if (count > 0) {
                queue.add(new Candidate(pair, where, count));
            }
        });
        appeared = new HashMap<>();
    }

    private static long pair(int left, int right) {
        return (long) left << 32 | right;
    }
}
