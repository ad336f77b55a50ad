package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

class MetricsFileTest {
    @TempDir private Path folder;

    private Path write(int steps) throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (MetricsFile metrics = MetricsFile.open(file, 0)) {
            for (int i = 1; i <= steps; i++) {
                metrics.step(new StepMetrics(i, 1.0 / i, 1e-3, 2, 32, 0.5));
            }
            metrics.validation(steps, new Validation.Result(4, 0.1, 64));
        }
        return file;
    }

    @Test
    void everyStepAndValidationIsALine() throws IOException {
        Path file = write(3);
        List<Metrics> lines = MetricsFile.read(file);
        assertEquals(4, lines.size());
        assertEquals(new StepMetrics(3, 1.0 / 3, 1e-3, 2, 32, 0.5), lines.get(2));
        assertEquals(new ValidationMetrics(3, 4, 0.1), lines.get(3));
    }

    @Test
    void aLastLineThatWasCutOffIsLeftOut() throws IOException {
        Path file = write(2);
        Files.writeString(file, "{\"step\":3,\"lo", StandardOpenOption.APPEND);
        assertEquals(3, MetricsFile.read(file).size());
    }

    @Test
    void aBrokenLineWithinIsRefusedByItsNumber() throws IOException {
        Path file = folder.resolve("broken.jsonl");
        Files.writeString(file, "{\"step\":1}\nnonsense\n{\"step\":3}\n");
        String message = assertThrows(InputException.class, () -> MetricsFile.read(file)).getMessage();
        assertTrue(message.contains("broken.jsonl line 2"), message);
    }

    @Test
    void numbersThatAreNoneComeBackAndLinesOfAnotherProgramAreLeftOut() throws IOException {
        Path file = folder.resolve("metrics.jsonl");
        try (MetricsFile metrics = MetricsFile.open(file, 0)) {
            metrics.step(new StepMetrics(1, Double.NaN, 1e-3, Double.POSITIVE_INFINITY, 32, 0.5));
        }
        Files.writeString(file, "{\"of\":\"another program\"}\n", StandardOpenOption.APPEND);
        assertEquals(
                List.of(new StepMetrics(1, Double.NaN, 1e-3, Double.POSITIVE_INFINITY, 32, 0.5)),
                MetricsFile.read(file));
    }

    @Test
    void whatAResumedRunWillMakeAgainIsDropped() throws IOException {
        Path file = write(5);
        MetricsFile.open(file, 2).close();
        assertEquals(2, MetricsFile.read(file).size());
    }

    @Test
    void aRunThatBeginsAnewBeginsWithNoLine() throws IOException {
        Path file = write(5);
        try (MetricsFile metrics = MetricsFile.open(file, 0)) {
            assertFalse(metrics.hasValidation(0));
            metrics.validation(0, new Validation.Result(4, 0.1, 64));
            assertTrue(metrics.hasValidation(0));
            metrics.force();
        }
        MetricsFile.open(file, 0).close();
        assertEquals(0, MetricsFile.read(file).size());
    }

    @Test
    void aStepThatStandsThereTwiceIsKeptOnceAsItWasLast() throws IOException {
        Path file = folder.resolve("twice.jsonl");
        Files.writeString(
                file,
                """
                {"step":0,"validation_loss":5}
                {"step":1,"loss":1}
                {"step":0,"validation_loss":6}
                {"step":1,"loss":2}
                {"step":2,"loss":3}
                {"step":2,"validation_loss":7}
                {"of":"another program"}
                {"step":3,"lo\
                """);
        MetricsFile.open(file, 2).close();
        assertEquals(
                """
                {"step":0,"validation_loss":6}
                {"step":1,"loss":2}
                {"step":2,"loss":3}
                {"step":2,"validation_loss":7}
                """,
                Files.readString(file));
    }
}
