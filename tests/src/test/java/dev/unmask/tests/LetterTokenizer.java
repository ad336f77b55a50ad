package dev.unmask.tests;

import dev.unmask.model.tokenizer.TextTokenizer;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** The small letters that {@link RandomModel} has tokens for; all other characters are passed over. */
final class LetterTokenizer implements TextTokenizer {
    static final int END = RandomModel.VOCABULARY - 1;

    @Override
    public int[] encode(String text) {
        return text.chars().map(c -> c - 'a').filter(id -> id >= 0 && id < END).toArray();
    }

    @Override
    public String decode(int... ids) {
        return Arrays.stream(ids)
                .mapToObj(id -> id == END ? "<end>" : Character.toString('a' + id))
                .collect(Collectors.joining());
    }

    @Override
    public int vocabulary() {
        return RandomModel.VOCABULARY;
    }

    @Override
    public OptionalInt endOfText() {
        return OptionalInt.of(END);
    }

    @Override
    public OptionalInt beginOfText() {
        return OptionalInt.empty();
    }

    @Override
    public boolean beginsTexts() {
        return false;
    }

    @Override
    public OptionalInt unknown() {
        return OptionalInt.empty();
    }

    @Override
    public OptionalInt mask() {
        return OptionalInt.empty();
    }

    @Override
    public Set<Integer> special() {
        return Set.of(END);
    }

    @Override
    public OptionalInt id(String token) {
        int[] ids = encode(token);
        return ids.length == 1 ? OptionalInt.of(ids[0]) : OptionalInt.empty();
    }

    @Override
    public String token(int id) {
        return decode(id);
    }

    @Override
    public long fingerprint() {
        return RandomModel.VOCABULARY;
    }

    @Override
    public void save(Path path) {
        throw new UnsupportedOperationException("a tokenizer of tests is not saved");
    }
}
