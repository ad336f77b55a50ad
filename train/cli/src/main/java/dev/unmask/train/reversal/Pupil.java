package dev.unmask.train.reversal;

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
}
