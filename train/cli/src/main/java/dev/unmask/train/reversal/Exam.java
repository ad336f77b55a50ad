package dev.unmask.train.reversal;

import dev.unmask.model.tokenizer.TextTokenizer;
import dev.unmask.train.reversal.Question.Kind;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a pupil answered.
 *
 * @param answers to the questions of each kind, in their order
 */
public record Exam(Map<Kind, List<Answer>> answers) {
    /**
     * An answer.
     *
     * @param question what was asked
     * @param text what was put into the blank
     * @param right whether that is what belongs there
     */
    public record Answer(Question question, String text, boolean right) {}

    /** Keeps the answers as they are. */
    public Exam {
        answers = Map.copyOf(answers);
    }

    /**
     * Asks everything that a lesson asks.
     *
     * @param pupil who answers
     * @param lesson what was told
     * @param tokenizer of the pupil
     * @return the answers
     */
    public static Exam of(Pupil pupil, Lesson lesson, TextTokenizer tokenizer) {
        Map<Kind, List<Answer>> answers = new EnumMap<>(Kind.class);
        for (Kind kind : Kind.values()) {
            List<Question> questions = lesson.questions(kind, tokenizer);
            List<int[]> found = pupil.answers(questions);
            List<Answer> marked = new ArrayList<>();
            for (int i = 0; i < questions.size(); i++) {
                Question question = questions.get(i);
                marked.add(new Answer(question, tokenizer.decode(found.get(i)), question.isRight(found.get(i))));
            }
            answers.put(kind, List.copyOf(marked));
        }
        return new Exam(answers);
    }

    /**
     * How many were right.
     *
     * @param kind of what kind
     * @return at most {@link #asked}
     */
    public int right(Kind kind) {
        return (int) answers.get(kind).stream().filter(Answer::right).count();
    }

    /**
     * How many were asked.
     *
     * @param kind of what kind
     * @return the number of questions
     */
    public int asked(Kind kind) {
        return answers.get(kind).size();
    }

    /**
     * The part that was right.
     *
     * @param kind of what kind
     * @return from 0 to 1
     */
    public double share(Kind kind) {
        return (double) right(kind) / asked(kind);
    }
}
