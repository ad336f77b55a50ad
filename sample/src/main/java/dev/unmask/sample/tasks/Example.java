package dev.unmask.sample.tasks;

import java.util.List;

/** What one document asks of a language model. */
public sealed interface Example {
    /**
     * The text that comes before every continuation.
     *
     * @return a text, possibly empty
     */
    String context();

    /**
     * A question with answers to choose from: the right one is to be the likeliest continuation.
     *
     * @param context the question
     * @param choices the answers, at least one
     * @param gold the index of the right one; {@link #UNKNOWN} where only the question was read
     */
    record MultipleChoice(String context, List<String> choices, int gold) implements Example {
        /** Stands for no answer. */
        static final int UNKNOWN = -1;

        /** Takes a copy. */
        public MultipleChoice {
            choices = List.copyOf(choices);
        }

        /**
         * The continuations whose log-likelihoods are compared.
         *
         * @return each answer after a space
         */
        public List<String> continuations() {
            return choices.stream().map(choice -> " " + choice).toList();
        }

        /**
         * What {@code acc_norm} divides the log-likelihoods by.
         *
         * @return the characters (code points) of each answer
         */
        public List<Integer> lengths() {
            return choices.stream().map(PythonText::length).toList();
        }
    }

    /**
     * A text whose end is to be guessed.
     *
     * @param context the text
     * @param continuation its end
     */
    record Completion(String context, String continuation) implements Example {}

    /**
     * A problem whose answer is to be written.
     *
     * @param context the problem as the harness puts it
     * @param problem the problem without any words around it
     * @param answer the right answer
     */
    record Generation(String context, String problem, String answer) implements Example {
        /** The harness cuts a generated text where one of these begins. */
        public static final List<String> STOPS = List.of("Question:", "</s>", "<|im_end|>");
    }
}
