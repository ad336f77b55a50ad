package dev.unmask.model.tokenizer;

import java.util.OptionalInt;
import java.util.Set;

/** A tokenizer whose tokens and their roles are those of a {@code tokenizer.json}. */
abstract sealed class VocabularyTokenizer implements TextTokenizer permits BytePairEncoding, HuggingFaceTokenizer {
    final Vocabulary vocabulary;
    private final SpecialTokens special;

    VocabularyTokenizer(Vocabulary vocabulary, SpecialTokens special) {
        this.vocabulary = vocabulary;
        this.special = special;
    }

    @Override
    public final int vocabulary() {
        return vocabulary.size();
    }

    @Override
    public final OptionalInt endOfText() {
        return special.endOfText();
    }

    @Override
    public final OptionalInt beginOfText() {
        return special.beginOfText();
    }

    @Override
    public final boolean beginsTexts() {
        return special.beginsTexts();
    }

    @Override
    public final boolean endsTexts() {
        return special.endsTexts();
    }

    @Override
    public final OptionalInt unknown() {
        return special.unknown();
    }

    @Override
    public final OptionalInt mask() {
        return special.mask();
    }

    @Override
    public final Set<Integer> special() {
        return special.all();
    }

    @Override
    public final OptionalInt id(String token) {
        return vocabulary.id(token);
    }

    @Override
    public final String token(int id) {
        return vocabulary.token(id);
    }
}
