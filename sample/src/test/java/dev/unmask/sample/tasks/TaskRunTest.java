package dev.unmask.sample.tasks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.sample.Cancellation;
import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

class TaskRunTest {
    private static final Task PIQA = Task.named(List.of("piqa")).getFirst();
    private static final List<TaskFile.Item> ITEMS =
            IntStream.range(0, 5)
                    .mapToObj(i ->
                            new TaskFile.Item(
                                    "valid.jsonl:" + (i + 1),
                                    new Example.MultipleChoice("Question: " + i + "\nAnswer:", List.of("aaa", "b"), 1)))
                    .toList();

    @TempDir private Path folder;

    /** Prefers the second answer of even questions, by its own arithmetic; fails after so many questions. */
    private static final class Pupil implements Examinee {
        final List<String> asked = new ArrayList<>();
        final List<Long> seeds = new ArrayList<>();
        final String school;
        final int patience;

        Pupil(String school, int patience) {
            this.school = school;
            this.patience = patience;
        }

        @Override
        public Map<String, Object> settings() {
            return Map.of("school", school);
        }

        @Override
        public int batch() {
            return 2;
        }

        @Override
        public List<Outcome> answer(List<Question> questions, Cancellation cancellation) {
            cancellation.check("thinking");
            if (asked.size() >= patience) {
                throw new IllegalStateException("tired");
            }
            return questions.stream().map(this::answer).toList();
        }

        private Outcome answer(Question question) {
            asked.add(question.where());
            seeds.add(question.seed());
            int number = question.example().context().charAt("Question: ".length()) - '0';
            return new Outcome(
                    List.of(
                            new Outcome.Score(-1 / 3.0, OptionalDouble.of(0.1), false),
                            new Outcome.Score(number % 2 == 0 ? -0.2 : -0.4, OptionalDouble.empty(), true)),
                    "",
                    number == 0);
        }
    }

    private FinishedDocuments open() throws IOException {
        return FinishedDocuments.open(folder.resolve("documents.jsonl"));
    }

    private TaskResult run(Pupil pupil) throws IOException {
        try (FinishedDocuments finished = open()) {
            return new TaskRun(PIQA, ITEMS, pupil, "model", finished).run((done, all) -> {});
        }
    }

    /** Has enough once so many documents are done. */
    private record Impatient(int most, AtomicInteger done) implements TaskRun.Listener {
        @Override
        public void progress(int finished, int all) {
            done.set(finished);
        }

        @Override
        public boolean cancelled() {
            return done.get() >= most;
        }
    }

    @Test
    void whatWasDoneBeforeARunWasCancelledIsKept() throws IOException {
        Pupil first = new Pupil("a", 9);
        try (FinishedDocuments finished = open()) {
            TaskRun run = new TaskRun(PIQA, ITEMS, first, "model", finished);
            assertThrows(CancellationException.class, () -> run.run(new Impatient(4, new AtomicInteger())));
        }
        assertEquals(4, first.asked.size());
        Pupil second = new Pupil("a", 9);
        assertEquals(5, run(second).documents());
        assertEquals(List.of("valid.jsonl:5"), second.asked);
    }

    @Test
    void allDocumentsAreAskedAndMeasured() throws IOException {
        List<Integer> progress = new ArrayList<>();
        Pupil pupil = new Pupil("a", 9);
        try (FinishedDocuments finished = open()) {
            TaskResult result =
                    new TaskRun(PIQA, ITEMS, pupil, "model", finished).run((done, all) -> progress.add(done));
            assertEquals(5, result.documents());
            assertEquals(1, result.shortened());
            assertEquals(List.of(0.6, 0.0), result.measurements().stream().map(Metric.Measurement::value).toList());
        }
        assertEquals(List.of(0, 2, 4, 5), progress);
        assertEquals(5, pupil.seeds.stream().distinct().count());
    }

    @Test
    void whatIsDoneIsNotAskedAgainAndTheResultIsTheSame() throws IOException {
        TaskResult whole = run(new Pupil("a", 9));
        Files.delete(folder.resolve("documents.jsonl"));
        Pupil tired = new Pupil("a", 2);
        assertThrows(IllegalStateException.class, () -> run(tired));
        // The process was killed while it wrote the third.
        Files.writeString(folder.resolve("documents.jsonl"), "{\"key\": \"12", StandardOpenOption.APPEND);
        Pupil rested = new Pupil("a", 9);
        assertEquals(whole, run(rested));
        assertEquals(List.of("valid.jsonl:3", "valid.jsonl:4", "valid.jsonl:5"), rested.asked);
        Pupil idle = new Pupil("a", 0);
        assertEquals(whole, run(idle));
    }

    @Test
    void anotherModelOrOtherSettingsAreAskedAnew() throws IOException {
        run(new Pupil("a", 9));
        Pupil other = new Pupil("b", 9);
        run(other);
        assertEquals(5, other.asked.size());
        Pupil same = new Pupil("a", 9);
        try (FinishedDocuments finished = open()) {
            new TaskRun(PIQA, ITEMS, same, "another model", finished).run((done, all) -> {});
        }
        assertEquals(5, same.asked.size());
        run(new Pupil("a", 0));
    }

    @Test
    void randomNumbersOfADocumentAreItsOwn() throws IOException {
        Pupil all = new Pupil("a", 9);
        run(all);
        Pupil last = new Pupil("b", 9);
        try (FinishedDocuments finished = open()) {
            new TaskRun(PIQA, ITEMS.subList(4, 5), last, "model", finished).run((done, total) -> {});
        }
        assertEquals(all.seeds.get(4), last.seeds.getFirst());
    }

    @Test
    void twoRunsDoNotShareAFile() throws IOException {
        FinishedDocuments first = open();
        try (first) {
            assertEquals(
                    folder.resolve("documents.jsonl")
                            + ": is in use by another run; wait for its end, or pass another --out",
                    assertThrows(InputException.class, this::open).getMessage());
        }
        open().close();
    }

    @Test
    void aFileOfSomethingElseIsRefusedByItsLine() throws IOException {
        Path file = Files.writeString(folder.resolve("documents.jsonl"), "{\"key\": \"1\"}\nnonsense\n");
        String message = assertThrows(InputException.class, this::open).getMessage();
        assertEquals(file + ":2: line 1", message.substring(0, (file + ":2: line 1").length()));
    }

    @Test
    void resultsAreShownAsJsonAndAsATable() throws IOException {
        List<TaskResult> results = List.of(run(new Pupil("a", 9)));
        ObjectNode piqa =
                (ObjectNode)
                        StrictJson.parse(TaskResult.json("runs/a", "12ab", results), "results")
                                .get("tasks")
                                .get("piqa");
        assertEquals(0.6, piqa.get("acc").doubleValue());
        assertEquals(Math.sqrt(0.06), piqa.get("acc_stderr").doubleValue(), 1e-15);
        assertEquals("a", piqa.get("settings").get("school").textValue());
        assertEquals(
                """
                | task | documents | metric | value | ± |
                | --- | ---: | --- | ---: | ---: |
                | piqa | 5 | acc | 0.6000 | 0.2449 |
                | piqa | 5 | acc_norm | 0.0000 | 0.0000 |
                """,
                TaskResult.markdown(results));
    }
}
