package dev.unmask.sample.tasks;

import dev.unmask.model.tokenizer.TextTokenizer;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a model has written, between tokens and text. */
final class WrittenText {
    private WrittenText() {}

    /** The text of tokens, those with a meaning of their own left out. */
    static String of(TextTokenizer tokenizer, int[] ids) {
        Set<Integer> special = tokenizer.special();
        return tokenizer.decode(Arrays.stream(ids).filter(id -> !special.contains(id)).toArray());
    }

    /** Rows of a model's head that stand for no token of its tokenizer. */
    static Set<Integer> nameless(TextTokenizer tokenizer, int vocabulary) {
        return IntStream.range(tokenizer.vocabulary(), vocabulary).boxed().collect(Collectors.toSet());
    }

    /** The newest of too many tokens. */
    static int[] newest(int[] ids, int most) {
        return ids.length <= most ? ids : Arrays.copyOfRange(ids, ids.length - most, ids.length);
    }
}
