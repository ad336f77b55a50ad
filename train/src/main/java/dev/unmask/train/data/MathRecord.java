package dev.unmask.train.data;

import dev.unmask.train.data.CorpusEntry.Document;
import dev.unmask.train.data.CorpusEntry.Part;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A question, how it is solved and its answer (METHOD §3, GSM8K): one document learns the solution from the question,
 * one the answer from both.
 */
final class MathRecord {
    private static final String ANSWER = "####";

    private MathRecord() {}

    /** Reads a record of fields: a question, and a solution that ends in {@code #### answer}. */
    static List<Document> documents(RecordFields record, RecordSettings settings) {
        String question = record.string(settings.prompt().isEmpty() ? "question" : settings.prompt());
        String solution = record.string(settings.completion().isEmpty() ? "answer" : settings.completion());
        return documents(question, solution);
    }

    /** Reads a line {@code question||solution #### answer}, as the published file of augmented problems has them. */
    static List<Document> documents(String line) {
        String[] parts = line.split(Pattern.quote("||"), -1);
        if (parts.length != 2) {
            throw new BadRecordException(
                    "found " + (parts.length - 1) + " times ||, expected it once, between question and solution");
        }
        return documents(parts[0], parts[1]);
    }

    private static List<Document> documents(String question, String solution) {
        String[] parts = solution.split(ANSWER, -1);
        if (parts.length != 2) {
            throw new BadRecordException(
                    "found " + (parts.length - 1) + " times #### in the solution, expected it once, before the answer");
        }
        Part asked = new Part("Question: " + question, true);
        String thought = "Answer: " + parts[0];
        String group = question + solution;
        return List.of(
                new Document(List.of(asked, new Part(thought, false)), group),
                new Document(List.of(asked, new Part(thought, true), new Part(ANSWER + parts[1], false)), group));
    }
}
