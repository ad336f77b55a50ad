package dev.unmask.train.reversal;

import dev.unmask.model.tokenizer.TextTokenizer;

import java.util.Arrays;

/**
 * A sentence with a blank.
 *
 * @param kind how it is asked
 * @param shown the sentence, with {@code ____} for the blank
 * @param expected what belongs there
 * @param before tokens before the blank
 * @param answer tokens of the blank
 * @param after tokens behind it, of which only a model that sees both sides learns anything; empty: the sentence ends
 *     with the blank, and how long that is the model must find out
 */
public record Question(Kind kind, String shown, String expected, int[] before, int[] answer, int[] after) {
    private static final String BLANK = "____";

    /** How a fact is asked. */
    public enum Kind {
        /** Begin the sentence that the fact was told in, and have it continued. */
        TOLD("told"),
        /** The same sentence, with the blank in front. */
        BLANK_MOVED("blank_moved"),
        /** Begin the other sentence, in which this fact was never told. */
        OTHER_FORM("other_form");

        private final String key;

        Kind(String key) {
            this.key = key;
        }

        /**
         * What it is called in files.
         *
         * @return a word
         */
        public String key() {
            return key;
        }
    }

    /**
     * Asks for the object of a sentence.
     *
     * @param kind how that is
     * @param telling the sentence
     * @param tokenizer of the model
     * @return the question
     */
    public static Question forObject(Kind kind, Telling telling, TextTokenizer tokenizer) {
        return new Question(
                kind,
                telling.beforeObject() + " " + BLANK + ".",
                telling.object(),
                Sentences.begun(tokenizer, telling.beforeObject()),
                tokenizer.encode(telling.object() + "."),
                new int[0]);
    }

    /**
     * Asks for what follows a prompt.
     *
     * @param prompt the beginning of a text
     * @param completion its end
     * @param tokenizer of the model
     * @return the question
     */
    public static Question toContinue(String prompt, String completion, TextTokenizer tokenizer) {
        return new Question(
                Kind.TOLD,
                prompt + " " + BLANK,
                completion,
                Sentences.begun(tokenizer, prompt),
                tokenizer.encode(completion),
                new int[0]);
    }

    /**
     * Asks for the subject of a sentence.
     *
     * @param telling the sentence
     * @param tokenizer of the model
     * @return the question
     */
    public static Question forSubject(Telling telling, TextTokenizer tokenizer) {
        int[] end = tokenizer.encode(telling.afterSubject());
        int[] after = Arrays.copyOf(end, end.length + 1);
        after[end.length] = tokenizer.endOfText().orElseThrow();
        return new Question(
                Kind.BLANK_MOVED,
                (telling.opening() + " " + BLANK + " " + telling.afterSubject()).strip(),
                telling.subject(),
                Sentences.begun(tokenizer, telling.opening()),
                tokenizer.encode(telling.subject()),
                after);
    }

    /**
     * Whether tokens are the answer.
     *
     * @param found at least as many as the answer has, if they are right
     * @return whether they begin with it
     */
    public boolean isRight(int[] found) {
        return found.length >= answer.length && Arrays.equals(answer, 0, answer.length, found, 0, answer.length);
    }
}
