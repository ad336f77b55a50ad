package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Verification;
import dev.unmask.train.Checkpoint;
import dev.unmask.train.Checkpoints;
import dev.unmask.train.Metrics;
import dev.unmask.train.MetricsFile;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.TrainingRun;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A run whose process is killed again and again, at any step and within saves, goes on each time from a checkpoint that
 * is whole, and leaves the bits of a run that nobody killed.
 */
@Timeout(600)
@EnabledOnOs(value = OS.LINUX, disabledReason = "kills at changes of files, which other systems tell late")
class KillTest {
    private static final int KILLS = 20;
    private static final int MOST_CHANGES = 40;
    private static final int STEPS = 250;

    @TempDir private Path folder;
    private Path text;

    private String[] train(Path run, String... more) {
        return Stream.concat(
                        Stream.of(
                                "train",
                                "--out=" + run,
                                "--data=" + text,
                                "--preset=tiny",
                                "--tokenizer=bytes",
                                "--steps=" + STEPS,
                                "--warmup=5",
                                "--batch=2",
                                "--length=8",
                                "--threads=1",
                                "--set=data.validation_fraction=0.2",
                                "--set=checkpoint.every=3",
                                "--set=checkpoint.keep=2",
                                "--set=validation.every=4",
                                "--set=validation.batches=1",
                                "--set=validation.draws=1"),
                        Stream.of(more))
                .toArray(String[]::new);
    }

    private static Path last(Path run) throws IOException {
        return new Checkpoints(TrainingRun.checkpointsIn(run), 1).latest().orElseThrow();
    }

    /** Runs a command, and kills it when the run's folder has changed so many times; returns whether it had to be. */
    private static boolean kill(Path run, int changes, String... arguments) throws IOException, InterruptedException {
        Path log = run.resolveSibling("log");
        try (WatchService changed = FileSystems.getDefault().newWatchService()) {
            for (Path watched : List.of(run, TrainingRun.checkpointsIn(run), run.resolve("data"))) {
                watched.register(
                        changed,
                        StandardWatchEventKinds.ENTRY_CREATE,
                        StandardWatchEventKinds.ENTRY_DELETE,
                        StandardWatchEventKinds.ENTRY_MODIFY);
            }
            Process process =
                    new ProcessBuilder(ChildJvm.command(arguments))
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            try {
                for (int seen = 0; process.isAlive() && seen < changes; ) {
                    WatchKey key = changed.poll(1, TimeUnit.SECONDS);
                    if (key != null) {
                        seen += key.pollEvents().stream().mapToInt(WatchEvent::count).sum();
                        key.reset();
                    }
                }
                boolean alive = process.isAlive();
                assertTrue(alive || process.exitValue() == 0, () -> "the run ended by itself: " + log);
                return alive;
            } finally {
                process.destroyForcibly().waitFor();
            }
        }
    }

    @Test
    void aKilledRunGoesOnWithTheSameBitsAndEachStepOnce() throws IOException, InterruptedException {
        List<String> lines = IntStream.range(0, 200).mapToObj(i -> "the cat number " + i + " sleeps").toList();
        text = Files.write(folder.resolve("text.txt"), lines);
        Path whole = folder.resolve("whole");
        CommandLineOutcome all = CommandLineOutcome.of(train(whole));
        assertEquals(0, all.code(), all.err());

        Path killed = folder.resolve("killed");
        Files.createDirectories(TrainingRun.checkpointsIn(killed));
        Files.createDirectories(killed.resolve("data"));
        Random random = new Random(20);
        Checkpoints checkpoints = new Checkpoints(TrainingRun.checkpointsIn(killed), 2);
        for (int kills = 0; kills < KILLS; ) {
            boolean begun = checkpoints.latest().isPresent();
            String[] command = begun ? train(killed, "--resume") : train(killed);
            kills += kill(killed, 1 + random.nextInt(MOST_CHANGES), command) ? 1 : 0;
            requireWhole(checkpoints);
        }
        CommandLineOutcome end = CommandLineOutcome.of(train(killed, "--resume"));
        assertEquals(0, end.code(), end.err());

        for (String file : List.of("model.safetensors", "optimizer.safetensors", "training.json", "config.json")) {
            assertArrayEquals(
                    Files.readAllBytes(last(whole).resolve(file)), Files.readAllBytes(last(killed).resolve(file)), file);
        }
        assertEquals(metrics(whole), metrics(killed));
        assertEquals(names(whole), names(killed), "leftovers of killed runs are swept");
        assertEquals(
                names(TrainingRun.checkpointsIn(whole)), names(TrainingRun.checkpointsIn(killed)), "in checkpoints");
        assertEquals(names(whole.resolve("data")), names(killed.resolve("data")), "in data");
    }

    /** Whatever is called a checkpoint is one, at any moment. */
    private static void requireWhole(Checkpoints checkpoints) throws IOException {
        for (long before = Long.MAX_VALUE; ; ) {
            var newest = checkpoints.latest(before - 1);
            if (newest.isEmpty()) {
                return;
            }
            Checkpoint checkpoint = new Checkpoint(newest.get());
            checkpoint.verify(Verification.WHOLE);
            before = checkpoint.step();
        }
    }

    /** All but the seconds, which no two runs share. */
    private static List<Metrics> metrics(Path run) throws IOException {
        return MetricsFile.read(run.resolve(TrainingRun.METRICS)).stream()
                .map(line -> line instanceof StepMetrics step ? step.withSeconds(0) : line)
                .toList();
    }

    private static List<String> names(Path of) throws IOException {
        try (Stream<Path> entries = Files.list(of)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }
}
