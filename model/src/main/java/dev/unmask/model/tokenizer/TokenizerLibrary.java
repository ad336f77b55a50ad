package dev.unmask.model.tokenizer;

import java.io.IOException;

/**
 * What reads the kinds of {@code tokenizer.json} that Unmask has no code of its own for. It is found as a service: the
 * artifact {@code unmask-huggingface} has one, by Hugging Face's native library.
 */
public interface TokenizerLibrary {
    /**
     * Reads a tokenizer.
     *
     * @param tokenizerJson the content of a {@code tokenizer.json}
     * @return the tokenizer
     * @throws IOException if the library cannot be loaded; the message says what to do
     * @throws RuntimeException if the library refuses the content
     */
    Codec open(byte[] tokenizerJson) throws IOException;

    /** Turns text into ids and back, adding and cutting off nothing. It is safe to share between threads. */
    interface Codec {
        /**
         * The ids of a text.
         *
         * @param text any text
         * @return one id for each token; a special token that stands in the text is one
         */
        int[] encode(String text);

        /**
         * The text of ids.
         *
         * @param ids ids of the vocabulary
         * @return the text, special tokens included
         */
        String decode(int[] ids);
    }
}
