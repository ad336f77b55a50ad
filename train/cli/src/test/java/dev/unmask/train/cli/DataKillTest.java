package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A packing of text whose process is killed goes on where it was, and leaves the bytes of one that nobody killed. */
@Timeout(600)
@EnabledOnOs(value = OS.LINUX, disabledReason = "kills at changes of files, which other systems tell late")
class DataKillTest {
    private static final String STATE = "packing.json";

    @TempDir private Path folder;

    private String[] data(Path out, Path text) {
        return new String[] {"data", "--out=" + out, "--data=" + text, "--tokenizer=bytes", "--validation=0.1"};
    }

    /** Records of so many bytes that the state is kept on the way; every hundredth is none. */
    private Path records() throws IOException {
        Path file = folder.resolve("cats.jsonl");
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (int i = 0; i < 8_000; i++) {
                writer.write(
                        i % 100 == 99
                                ? "no record\n"
                                : "{\"text\":\"" + ("cat " + i + " sleeps; ").repeat(60) + "\"}\n");
            }
        }
        return file;
    }

    /** Runs a command until its state has been kept so many times, and kills it then; returns whether it had to be. */
    private static boolean kill(Path out, int kept, String... arguments) throws IOException, InterruptedException {
        try (WatchService changed = FileSystems.getDefault().newWatchService()) {
            out.register(changed, StandardWatchEventKinds.ENTRY_CREATE);
            Process process =
                    new ProcessBuilder(ChildJvm.command(arguments))
                            .redirectErrorStream(true)
                            .redirectOutput(out.resolveSibling("log").toFile())
                            .start();
            try {
                for (int seen = 0; process.isAlive() && seen < kept; ) {
                    WatchKey key = changed.poll(1, TimeUnit.SECONDS);
                    if (key != null) {
                        seen +=
                                (int)
                                        key.pollEvents().stream()
                                                .filter(event -> event.context().toString().equals(STATE))
                                                .count();
                        key.reset();
                    }
                }
                return process.isAlive();
            } finally {
                process.destroyForcibly().waitFor();
            }
        }
    }

    @Test
    void aKilledPackingGoesOnAndLeavesTheSameBytes() throws IOException, InterruptedException {
        Path text = records();
        Path whole = folder.resolve("whole");
        CommandLineOutcome all = CommandLineOutcome.of(data(whole, text));
        assertEquals(0, all.code(), all.err());

        Path killed = Files.createDirectories(folder.resolve("killed"));
        assertTrue(kill(killed, 2, data(killed, text)), "it ended before its state was kept twice");
        String state = Files.readString(killed.resolve(STATE));
        CommandLineOutcome end = CommandLineOutcome.of(data(killed, text));

        assertEquals(0, end.code(), end.err());
        assertTrue(end.err().contains("going on"), () -> end.err() + state);
        for (String name : List.of("training.tokens", "validation.tokens", "lost.jsonl", "data.json")) {
            assertArrayEquals(
                    Files.readAllBytes(whole.resolve(name)), Files.readAllBytes(killed.resolve(name)), name);
        }
    }
}
