package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.train.Metrics;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.ValidationMetrics;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalDouble;

/** TensorBoard's file, byte by byte. */
class EventFileTest {
    /** As TensorFlow's own files begin, but for the time: 24 bytes follow, of which the checksum is A3 7F 4B 22. */
    private static final String VERSION =
            "1800000000000000" + "a37f4b22" + "090000000000408f40" + "1a0d627261696e2e4576656e743a32" + "73ae6b56";

    /** Of step 300 at second 1002, by an encoder and a CRC-32C in Python that share nothing with ours. */
    private static final String VALIDATION =
            "4400000000000000"
                    + "43592e9a"
                    + "090000000000508f4010ac022a36"
                    + "0a160a0f76616c69646174696f6e2f6c6f73731500000000"
                    + "0a1c0a1576616c69646174696f6e2f706572706c6578697479150000803f"
                    + "736b8439";

    private static final Path GOLDEN = Path.of("src/test/resources/golden/tensorboard");

    @TempDir private Path folder;

    private Path file() {
        return folder.resolve("events.out.tfevents.unmask");
    }

    private static StepMetrics step(long step) {
        return new StepMetrics(step, 5, 1e-3, 2, 32, 2);
    }

    private String written() throws IOException {
        return HexFormat.of().formatHex(Files.readAllBytes(file()));
    }

    @Test
    void recordsAreTheKnownBytes() throws IOException {
        try (EventFile _ = EventFile.begin(folder, List.of(), 1000)) {
            assertEquals(VERSION, written());
        }
        List<Metrics> before = List.of(new StepMetrics(299, 5, 1e-3, 2, 32, 1), step(300));
        try (EventFile events = EventFile.begin(folder, before, 1002)) {
            events.add(new ValidationMetrics(300, 0, 0.1));
        }
        assertTrue(written().endsWith(VALIDATION), written());
    }

    @Test
    void eachRecordIsAsLongAsItSaysAndHasTheNumbersOfAStep() throws IOException {
        try (EventFile events = EventFile.begin(folder, List.of(), 1000)) {
            events.add(step(1));
            events.add(step(2));
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file())).order(ByteOrder.LITTLE_ENDIAN);
        int records = 0;
        while (bytes.hasRemaining()) {
            byte[] event = new byte[(int) bytes.getLong()];
            bytes.getInt();
            bytes.get(event);
            bytes.getInt();
            String text = new String(event, StandardCharsets.ISO_8859_1);
            for (String tag : new String[] {"loss", "learning_rate", "gradient_norm", "tokens_per_second"}) {
                assertEquals(records > 0, text.contains("train/" + tag), text);
            }
            records++;
        }
        assertEquals(3, records);
    }

    @Test
    void aRunThatGoesOnLeavesTheFileOfOneThatNeverStopped() throws IOException {
        try (EventFile events = EventFile.begin(folder, List.of(), 1000)) {
            events.add(step(1));
            events.add(new ValidationMetrics(1, 4, 0.1));
            events.add(step(2));
        }
        String whole = written();
        try (EventFile events = EventFile.begin(folder, List.of(), 1000)) {
            events.add(step(1));
            events.add(step(7));
        }
        try (EventFile events =
                EventFile.begin(folder, List.of(step(1), new ValidationMetrics(1, 4, 0.1)), 1002)) {
            events.add(step(2));
        }
        assertEquals(whole, written());
    }

    /** A run of 140 steps, of which one has no numbers, with its share of the peak, and two validations. */
    private static List<Metrics> run() {
        List<Metrics> lines = new ArrayList<>();
        lines.add(new ValidationMetrics(0, 6.5, 0.1));
        for (int i = 1; i <= 140; i++) {
            double loss = i == 100 ? Double.NaN : 6.0 / i;
            lines.add(new StepMetrics(i, loss, 1e-3 / i, i, 32, 0.5, i == 100, OptionalDouble.of(0.25)));
        }
        lines.add(new ValidationMetrics(140, 0.5, 0.1));
        return lines;
    }

    private static String number(JsonNode value) {
        return value.isNumber() ? Float.toString((float) value.doubleValue()) : value.textValue();
    }

    /** {@code reading.json} is what TensorBoard found in the very same bytes. */
    @Test
    void tensorBoardReadsWhatTheRunDid() throws IOException {
        try (EventFile events = EventFile.begin(folder, List.of(), 1_700_000_000)) {
            for (Metrics line : run()) {
                events.add(line);
            }
        }
        assertEquals(HexFormat.of().formatHex(Files.readAllBytes(GOLDEN.resolve(file().getFileName()))), written());
        JsonNode reading = StrictJson.read(GOLDEN.resolve("reading.json"));
        assertEquals(7, reading.size(), reading.toString());
        int[] validations = {0, 140};
        for (int i = 0; i < 2; i++) {
            assertEquals(validations[i], reading.path("validation/loss").path(i).path(0).asInt());
        }
        for (int i = 0; i < 140; i++) {
            StepMetrics step = (StepMetrics) run().get(i + 1);
            JsonNode loss = reading.path("train/loss").path(i);
            assertEquals(step.step(), loss.path(0).asLong());
            assertEquals(1_700_000_000 + 0.5 * (i + 1), loss.path(1).asDouble());
            boolean number = Double.isFinite(step.loss());
            assertEquals(number ? Float.toString((float) step.loss()) : "nan", number(loss.path(2)));
            assertEquals(0.25, reading.path("train/of_peak").path(i).path(2).asDouble());
            assertEquals(64, reading.path("train/tokens_per_second").path(i).path(2).asDouble());
        }
    }

    @Test
    void filesOfOtherProgramsStay() throws IOException {
        Path other = Files.writeString(folder.resolve("events.out.tfevents.1700000000.host"), "theirs");
        EventFile.begin(folder, List.of(), 1000).close();
        assertEquals("theirs", Files.readString(other));
    }
}
