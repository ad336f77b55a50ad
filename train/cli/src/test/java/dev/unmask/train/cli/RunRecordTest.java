package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.train.MetricsFile;
import dev.unmask.train.RunConfig;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.TrainingRun;
import dev.unmask.train.Validation;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a run leaves beside its metrics, also when it was stopped and goes on. */
class RunRecordTest {
    private static final Validation.Result MEASURED = new Validation.Result(4, 0.1, 64);

    @TempDir private Path folder;

    private final List<String> told = new ArrayList<>();
    private final TrainingRun.Listener listener =
            new TrainingRun.Listener() {
                @Override
                public void step(StepMetrics metrics) {
                    told.add("step " + metrics.step());
                }

                @Override
                public void validation(long step, Validation.Result result) {
                    told.add("validation " + step);
                }

                @Override
                public void checkpoint(Path saved) {
                    told.add("checkpoint " + saved.getFileName());
                }
            };

    /** As {@link TrainingRun} does: each line, then who listens to it. */
    private void train(long from, long to) throws IOException {
        try (RunRecord record = RunRecord.begin(folder, from, "a run", RunConfig.defaults("tiny", 9), listener);
                MetricsFile metrics = MetricsFile.open(folder.resolve(TrainingRun.METRICS), from)) {
            for (long i = from + 1; i <= to; i++) {
                StepMetrics step = new StepMetrics(i, 5, 1e-3, 2, 32, 0.5);
                metrics.step(step);
                record.step(step);
            }
            metrics.validation(to, MEASURED);
            record.validation(to, MEASURED);
            record.checkpoint(Path.of("saved"));
        }
    }

    /** How often something stands in the event file. */
    private int events(String tag) throws IOException {
        String text =
                Files.readString(folder.resolve("events.out.tfevents.unmask"), StandardCharsets.ISO_8859_1);
        return text.split(tag, -1).length - 1;
    }

    private String report() throws IOException {
        return Files.readString(folder.resolve("report.html"));
    }

    @Test
    void aRunIsRecordedAndWhoListensIsToldOfItToo() throws IOException {
        train(0, 3);
        assertEquals(List.of("step 1", "step 2", "step 3", "validation 3", "checkpoint saved"), told);
        assertEquals(3, events("train/loss"));
        assertEquals(1, events("validation/loss"));
        assertTrue(report().contains("3 steps, 96 tokens in 2 seconds"), report());
        assertTrue(report().contains("&quot;preset&quot;"), "the configuration");
    }

    @Test
    void aRunThatGoesOnFromAnEarlierStepHasEachStepOnce() throws IOException {
        train(0, 5);
        train(3, 6);
        assertEquals(6, events("train/loss"));
        assertEquals(1, events("validation/loss"), "that of step 5 is made again");
        assertTrue(report().contains("6 steps, 192 tokens in 3 seconds"), report());
    }

    @Test
    void aRunThatBeginsAnewHasNothingOfTheOneBefore() throws IOException {
        train(0, 5);
        train(0, 2);
        assertEquals(2, events("train/loss"));
        assertTrue(report().contains("2 steps, 64 tokens in 1 seconds"), report());
        assertFalse(report().contains("5 steps"), report());
    }
}
