package dev.unmask.train.data;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.tensor.InputException;
import dev.unmask.train.data.CorpusEntry.Document;
import dev.unmask.train.data.CorpusEntry.Part;
import dev.unmask.train.data.DataSettings.Sequences;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Turns documents into tokens. In a stream of text a document is its text and the end-of-text token; as a sequence of
 * its own each of its pieces begins with the token that begins texts, where the tokenizer is of a family that wants it
 * (METHOD §3); what is given is a piece of its own only if it is treated otherwise. A family that encloses texts, as
 * BERT does with {@code [CLS]} and {@code [SEP]}, knows no text without: there every document begins with its token,
 * once.
 */
final class DocumentEncoder {
    private final TextTokenizer tokenizer;
    private final Sequences sequences;
    private final int longest;
    private final int end;
    private final OptionalInt begin;
    private final boolean encloses;

    /** What became of an entry of a corpus. */
    sealed interface Result {
        /** A document, with its end-of-text token. */
        record Tokens(int[] ids, int given, boolean validation) implements Result {}

        /** Nothing. */
        record Lost(String message) implements Result {}
    }

    DocumentEncoder(TextTokenizer tokenizer, DataSettings settings) {
        this.tokenizer = tokenizer;
        this.sequences = settings.sequences();
        this.longest = sequences == Sequences.PACKED ? 0 : settings.longest();
        this.end = endOfText(tokenizer);
        this.encloses = encloses(tokenizer);
        this.begin =
                tokenizer.beginsTexts() && (encloses || sequences != Sequences.PACKED)
                        ? tokenizer.beginOfText()
                        : OptionalInt.empty();
    }

    /** Whether every text stands between two tokens. */
    static boolean encloses(TextTokenizer tokenizer) {
        return tokenizer.beginsTexts() && tokenizer.endsTexts();
    }

    static int endOfText(TextTokenizer tokenizer) {
        return tokenizer
                .endOfText()
                .orElseThrow(() ->
                        new InputException(
                                "the tokenizer has no end-of-text token, which separates documents;"
                                        + " name one as eos_token in a tokenizer_config.json"));
    }

    Result encode(CorpusEntry entry, DocumentSplit split) {
        return switch (entry) {
            case CorpusEntry.Lost lost -> new Result.Lost(lost.message());
            case Document document -> encode(document, split.isValidation(document.group()));
        };
    }

    private Result encode(Document document, boolean validation) {
        List<Part> parts = sequences == Sequences.PROMPT ? document.parts() : List.of(new Part(document.text(), false));
        int[] ids = new int[0];
        int given = 0;
        boolean learning = false;
        for (Part part : parts) {
            int[] piece = tokenizer.encode(part.text());
            int at = ids.length;
            boolean begins = begin.isPresent() && (at == 0 || !encloses);
            ids = Arrays.copyOf(ids, at + (begins ? 1 : 0) + piece.length);
            if (begins) {
                ids[at++] = begin.getAsInt();
            }
            System.arraycopy(piece, 0, ids, at, piece.length);
            learning |= !part.given();
            given = learning ? given : ids.length;
        }
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = end;
        if (longest > 0 && ids.length > longest) {
            return new Result.Lost(
                    String.format(
                            Locale.ROOT,
                            "%sfound a document of %,d tokens, expected at most the %,d of a sequence",
                            document.where().isEmpty() ? "" : document.where() + ": ",
                            ids.length,
                            longest));
        }
        return new Result.Tokens(ids, given, validation);
    }
}
