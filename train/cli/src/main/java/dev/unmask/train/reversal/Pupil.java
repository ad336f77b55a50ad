package dev.unmask.train.reversal;

import java.util.Arrays;
import java.util.List;

/** A model that is asked. */
public interface Pupil {
    /**
     * Answers questions.
     *
     * @param questions at least one
     * @return of each the tokens that it puts into the blank, up to the end of its sentence
     */
    List<int[]> answers(List<Question> questions);

    /** The tokens from one place up to the first that ends a text. */
    static int[] upTo(int end, int[] ids, int from) {
        int to = from;
        while (to < ids.length && ids[to] != end) {
            to++;
        }
        return Arrays.copyOfRange(ids, from, to);
    }
}
