package dev.unmask.train.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Asks a model of many records, some at a time, so that it can be told how far it is. What it says of a record does not
 * depend on the others.
 */
final class RecordPieces {
    private static final int AT_ONCE = 256;

    private RecordPieces() {}

    /**
     * Answers of all records.
     *
     * @param task what progress is called
     * @param records in their order
     * @param model answers some of them
     */
    static <T> List<T> answers(String task, List<int[]> records, Function<List<int[]>, List<T>> model) {
        if (records.size() <= AT_ONCE) {
            return model.apply(records);
        }
        List<T> answers = new ArrayList<>();
        try (Progress progress = Progress.of(task, 0, records.size())) {
            while (answers.size() < records.size()) {
                int end = Math.min(records.size(), answers.size() + AT_ONCE);
                answers.addAll(model.apply(records.subList(answers.size(), end)));
                progress.at(end, List.of());
            }
        }
        return answers;
    }
}
