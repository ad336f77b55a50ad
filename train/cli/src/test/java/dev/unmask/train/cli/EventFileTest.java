package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.util.HexFormat;
import java.util.List;

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

    @Test
    void filesOfOtherProgramsStay() throws IOException {
        Path other = Files.writeString(folder.resolve("events.out.tfevents.1700000000.host"), "theirs");
        EventFile.begin(folder, List.of(), 1000).close();
        assertEquals("theirs", Files.readString(other));
    }
}
