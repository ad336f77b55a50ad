package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** How far a task is, on a terminal and in a file. */
class ProgressTest {
    private static final long SECOND = 1_000_000_000L;

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);
    private long nanos;

    private Progress progress(boolean terminal, long done, long all, int columns) {
        return new Progress("training", done, all, new Progress.Screen(out, terminal, () -> columns), () -> nanos);
    }

    private String written() {
        return written.toString(StandardCharsets.UTF_8);
    }

    /** What a terminal shows that knows the three controls the bar is made of. */
    private List<String> screen() {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        int column = 0;
        String text = written();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\r') {
                column = 0;
            } else if (text.charAt(i) == '\n') {
                lines.add(line.toString());
                line.setLength(0);
                column = 0;
            } else if (text.startsWith("\u001b[K", i)) {
                line.setLength(column);
                i += 2;
            } else {
                line.replace(column, Math.min(line.length(), column + 1), text.substring(i, i + 1));
                column++;
            }
        }
        lines.add(line.toString());
        return lines;
    }

    private static final ProgressText HALF =
            new ProgressText("training", 126, 300, 12, OptionalDouble.of(17), List.of("loss 6.123", "12,345 tokens/s"));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "40 | training  42%  126/300  0:17 left",
                "60 | training  42% [===>     ]  126/300  0:17 left  loss 6.123",
                "80 | training  42% [=====>      ]  126/300  0:17 left  loss 6.123  12,345 tokens/s",
                "11 | training",
            })
    void aBarKeepsToTheTerminalsWidth(int columns, String shown) {
        assertEquals(shown, HALF.bar(columns).strip());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 9, 10, 20, 39, 40, 41, 60, 79, 80, 81, 120, 200, 500})
    void aBarIsAlwaysShorterThanTheTerminalIsWide(int columns) {
        assertTrue(HALF.bar(columns).length() <= Math.max(1, columns - 3), HALF.bar(columns));
    }

    @Test
    void messagesStandAboveTheBarAndNoneIsErased() {
        StatusLine status = new StatusLine(out);
        PrintStream messages = status.stream();
        status.show("training  10%");
        messages.println("  step 10: validation loss 5.4");
        messages.printf("  saved %s%n", "runs/a");
        status.show("training  20%");
        messages.println("stopping");
        assertEquals(
                List.of("  step 10: validation loss 5.4", "  saved runs/a", "stopping", "training  20%"), screen());
    }

    @Test
    void aMessageWithoutALineEndIsKeptUntilItsStreamIsClosed() {
        StatusLine status = new StatusLine(out);
        PrintStream messages = status.stream();
        status.show("training  10%");
        messages.print("half a ");
        assertEquals(List.of("training  10%"), screen());
        status.leave();
        messages.close();
        assertEquals(List.of("training  10%", "half a ", ""), screen());
    }

    @Test
    void theFinalBarStandsOnce() {
        Progress progress = progress(true, 0, 4, 80);
        for (int step = 1; step <= 4; step++) {
            nanos += SECOND;
            progress.at(step, List.of("loss 1.000"));
            progress.refresh();
        }
        progress.close();
        progress.close();
        assertEquals(2, screen().size(), () -> screen().toString());
        assertTrue(screen().getFirst().startsWith("training 100% [==="), () -> screen().toString());
        assertTrue(screen().getFirst().contains("]  4/4  loss 1.000"), () -> screen().toString());
    }

    @Test
    void aFileGetsALineEveryTenSecondsAndALastOne() {
        Progress progress = progress(false, 0, 1000, 80);
        for (int step = 1; step <= 330; step++) {
            nanos += SECOND / 10;
            progress.at(step, List.of("loss 1.000"));
            progress.refresh();
        }
        progress.close();
        assertEquals(
                List.of(
                        "training: 100 of 1000 (10%), loss 1.000, 0:10 so far, 1:30 left",
                        "training: 200 of 1000 (20%), loss 1.000, 0:20 so far, 1:20 left",
                        "training: 300 of 1000 (30%), loss 1.000, 0:30 so far, 1:10 left",
                        "training: 330 of 1000 (33%), loss 1.000, 0:33 so far, 1:07 left"),
                written().lines().toList());
    }

    @Test
    void nothingNewIsNoLine() {
        Progress progress = progress(false, 0, 10, 80);
        nanos += 11 * SECOND;
        progress.at(1, List.of());
        progress.refresh();
        nanos += 60 * SECOND;
        progress.refresh();
        progress.close();
        assertEquals(List.of("training: 1 of 10 (10%), 0:11 so far"), written().lines().toList());
    }

    @Test
    void theTimeLeftIsThatOfWhatIsDoneNowNotOfWhatWasDoneBefore() {
        Progress progress = progress(false, 500, 1000, 80);
        nanos += 30 * SECOND;
        progress.at(501, List.of());
        nanos += 10 * SECOND;
        progress.at(511, List.of());
        progress.close();
        assertEquals("training: 511 of 1000 (51%), 0:40 so far, 8:09 left", written().strip());
    }

    @Test
    void anEmptyTaskIsDone() {
        ProgressText none = new ProgressText("task", 0, 0, 0, OptionalDouble.empty(), List.of());
        assertTrue(none.bar(80).startsWith("task 100% [====="), none.bar(80));
        assertEquals("task: 0 of 0 (100%), 0:00 so far", none.line());
    }
}
