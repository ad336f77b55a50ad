package dev.unmask.sample.tasks;

import dev.unmask.model.json.StrictJson;
import dev.unmask.sample.Cancellation;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Asks a model all examples of a task that are not done yet, and measures. */
public final class TaskRun {
    private final Task task;
    private final Examinee examinee;
    private final FinishedDocuments finished;
    private final List<Entry> entries;

    private record Entry(String key, Examinee.Question question) {}

    /** Is told how far a run is, and may end it. */
    @FunctionalInterface
    public interface Listener extends Cancellation {
        /**
         * Some documents are done.
         *
         * @param done how many
         * @param all of how many
         */
        void progress(int done, int all);

        /**
         * Asked before each pass of the model, from the thread that asks.
         *
         * @return whether the run is to end with a {@link java.util.concurrent.CancellationException}; the same run
         *     made again goes on from the documents that are done
         */
        @Override
        default boolean cancelled() {
            return false;
        }
    }

    /**
     * A run.
     *
     * @param task the task
     * @param items its documents, at least one
     * @param examinee who is asked
     * @param model what tells the model from others, for example the hash of its weights
     * @param finished what is done, and where what will be is kept
     */
    public TaskRun(Task task, List<TaskFile.Item> items, Examinee examinee, String model, FinishedDocuments finished) {
        this.task = task;
        this.examinee = examinee;
        this.finished = finished;
        String asked = model + "\n" + StrictJson.line(StrictJson.tree(examinee.settings())) + "\n";
        this.entries = items.stream().map(item -> entry(item, asked)).toList();
    }

    private Entry entry(TaskFile.Item item, String asked) {
        String requests = String.join("\n", RequestLines.of(task, item.example()));
        long seed = ByteBuffer.wrap(sha256(requests)).getLong();
        String key = HexFormat.of().formatHex(sha256(asked + requests), 0, 16);
        return new Entry(key, new Examinee.Question(item.where(), item.example(), seed));
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }

    /**
     * Asks what is not done yet.
     *
     * @param listener is told first what was done before, then of each step
     * @return the result over all documents
     * @throws IOException if an outcome cannot be kept
     * @throws java.util.concurrent.CancellationException if the listener says so
     */
    public TaskResult run(Listener listener) throws IOException {
        List<Entry> left = entries.stream().filter(entry -> finished.find(entry.key).isEmpty()).toList();
        int done = entries.size() - left.size();
        listener.progress(done, entries.size());
        for (int first = 0; first < left.size(); first += examinee.batch()) {
            List<Entry> batch = left.subList(first, Math.min(left.size(), first + examinee.batch()));
            listener.check("asking " + task.name());
            List<Outcome> outcomes = examinee.answer(batch.stream().map(Entry::question).toList(), listener);
            for (int i = 0; i < outcomes.size(); i++) {
                finished.add(batch.get(i).key, batch.get(i).question.where(), outcomes.get(i));
            }
            listener.progress(done + first + batch.size(), entries.size());
        }
        return result();
    }

    private TaskResult result() {
        List<Outcome> outcomes = entries.stream().map(entry -> finished.find(entry.key).orElseThrow()).toList();
        List<Metric.Measurement> measurements = new ArrayList<>();
        for (Metric metric : task.metrics()) {
            double[] values = new double[outcomes.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = metric.of(entries.get(i).question.example(), outcomes.get(i));
            }
            measurements.add(metric.over(values));
        }
        int shortened = (int) outcomes.stream().filter(Outcome::shortened).count();
        return new TaskResult(task, outcomes.size(), shortened, measurements, examinee.settings());
    }
}
