package dev.unmask.model.tokenizer;

import dev.unmask.tensor.InputException;

import java.util.ArrayList;
import java.util.List;

/**
 * Learns a byte-level byte-pair encoding from text (Sennrich et al. 2016; on bytes, as GPT-2): documents are given one
 * after the other and only the counts of their pieces are kept, so a corpus need not fit in memory. The same documents
 * give the same tokenizer, the one that Hugging Face's {@code BpeTrainer} learns with the special token {@code
 * <|endoftext|>} and the byte-level alphabet: id 0 ends a text, 1 to 256 are the bytes, then the merges follow as
 * learnt.
 */
public final class BytePairTrainer {
    /** The least size: the token that ends a text and 256 bytes. */
    public static final int SMALLEST_VOCABULARY = 257;

    private static final int MOST_PIECES = 4_000_000;

    private final int vocabulary;
    private final int minimumCount;
    private final PieceCounts pieces;

    /**
     * A trainer that merges pairs seen at least twice.
     *
     * @param vocabulary the most ids the tokenizer may have, {@code V}, at least {@link #SMALLEST_VOCABULARY}; it has
     *     fewer if the text has no more pairs to merge
     * @throws InputException if the vocabulary is too small
     */
    public BytePairTrainer(int vocabulary) {
        this(vocabulary, 2);
    }

    /**
     * A trainer.
     *
     * @param vocabulary the most ids the tokenizer may have, {@code V}, at least {@link #SMALLEST_VOCABULARY}
     * @param minimumCount how often a pair must occur to be merged, at least 1
     * @throws InputException if a number is too small
     */
    public BytePairTrainer(int vocabulary, int minimumCount) {
        this(vocabulary, minimumCount, MOST_PIECES);
    }

    BytePairTrainer(int vocabulary, int minimumCount, int mostPieces) {
        if (vocabulary < SMALLEST_VOCABULARY) {
            throw new InputException(
                    "vocabulary: found "
                            + vocabulary
                            + ", expected at least "
                            + SMALLEST_VOCABULARY
                            + ": 256 bytes and the token that ends a text");
        }
        if (minimumCount < 1) {
            throw new InputException("minimum count: found " + minimumCount + ", expected at least 1");
        }
        this.vocabulary = vocabulary;
        this.minimumCount = minimumCount;
        this.pieces = new PieceCounts(mostPieces);
    }

    /**
     * Counts the pieces of a document.
     *
     * @param document any text
     * @return this
     */
    public BytePairTrainer add(String document) {
        char[] text = document.toCharArray();
        int start = 0;
        while (start < text.length) {
            int end = PreTokens.end(text, start, text.length);
            pieces.add(text, start, end);
            start = end;
        }
        return this;
    }

    /**
     * Learns the merges of all documents added so far.
     *
     * @return the tokenizer
     */
    public BytePairEncoding train() {
        List<String> tokens = new ArrayList<>();
        tokens.add(BytePairEncoding.END_OF_TEXT);
        int[] idOfByte = new int[256];
        byte[] alphabet = new byte[256];
        for (int b = 0; b < 256; b++) {
            alphabet[b] = (byte) b;
        }
        ByteAlphabet.name(alphabet)
                .chars()
                .sorted()
                .forEach(c -> {
                    String token = String.valueOf((char) c);
                    idOfByte[ByteAlphabet.bytes(token)[0] & 0xFF] = tokens.size();
                    tokens.add(token);
                });
        MergeLearner learner = new MergeLearner(tokens);
        pieces.forEach((piece, count) -> {
            byte[] bytes = Utf8.encode(piece, 0, piece.length);
            int[] ids = new int[bytes.length];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = idOfByte[bytes[i] & 0xFF];
            }
            learner.add(ids, count);
        });
        List<MergeTable.Merge> merges = learner.learn(vocabulary, minimumCount);
        AddedToken end = new AddedToken(0, BytePairEncoding.END_OF_TEXT, true);
        return new BytePairEncoding(
                new Vocabulary(learner.tokens(), List.of(end)), merges, SpecialTokens.endingWith(0));
    }
}
