package dev.unmask.sample.tasks;

import dev.unmask.sample.Cancellation;

import java.util.List;
import java.util.Map;

/** A model and how it is asked. */
public interface Examinee {
    /**
     * A document's example, and what its random numbers are drawn from.
     *
     * @param where its file and line
     * @param example what is asked
     * @param seed the document's own, whatever stands around it in its file
     */
    record Question(String where, Example example, long seed) {}

    /**
     * Everything beside the model that its answers depend on.
     *
     * @return settings by name: texts, numbers and booleans
     */
    Map<String, Object> settings();

    /**
     * How many questions are best asked at a time.
     *
     * @return at least 1
     */
    int batch();

    /**
     * Asks.
     *
     * @param questions of the kind that this one answers, at least one
     * @param cancellation is asked before each pass of the model
     * @return an outcome each
     * @throws java.util.concurrent.CancellationException if the cancellation says so
     */
    List<Outcome> answer(List<Question> questions, Cancellation cancellation);

    /**
     * Asks to the end.
     *
     * @param questions of the kind that this one answers, at least one
     * @return an outcome each
     */
    default List<Outcome> answer(List<Question> questions) {
        return answer(questions, Cancellation.NEVER);
    }
}
