package dev.unmask.train.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.unmask.train.Checkpoints;
import dev.unmask.train.MetricsFile;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.TrainingRun;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Runs of two and three processes that {@code mpirun} starts; skipped where Open MPI is not installed. */
@Timeout(600)
class MpiTest {
    @TempDir private Path folder;
    private Path text;

    @BeforeEach
    void requireMpi() throws IOException {
        boolean found =
                Stream.of(System.getenv("PATH").split(":")).anyMatch(path -> Files.isExecutable(Path.of(path, "mpirun")));
        assumeTrue(found, "mpirun is not installed: apt-get install openmpi-bin libopenmpi-dev");
        List<String> lines = IntStream.range(0, 200).mapToObj(i -> "the cat number " + i + " sleeps").toList();
        text = Files.write(folder.resolve("text.txt"), lines);
    }

    private record Ended(int code, String said) {}

    private Ended mpirun(int processes, String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                "mpirun",
                                "--allow-run-as-root",
                                "--oversubscribe",
                                "-np",
                                Integer.toString(processes)));
        command.addAll(ChildJvm.command(arguments));
        Path log = folder.resolve("log");
        Process process =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
        try {
            assertTrue(process.waitFor(500, TimeUnit.SECONDS), "mpirun did not end");
            return new Ended(process.exitValue(), Files.readString(log));
        } finally {
            process.destroyForcibly();
        }
    }

    private String[] train(Path run, int steps, String... more) {
        return Stream.concat(
                        Stream.of(
                                "train",
                                "--out=" + run,
                                "--data=" + text,
                                "--preset=tiny",
                                "--tokenizer=bytes",
                                "--steps=" + steps,
                                "--warmup=1",
                                "--batch=6",
                                "--length=8",
                                "--threads=1",
                                "--set=validation.every=0",
                                "--set=validation.batches=1",
                                "--set=validation.draws=1"),
                        Stream.of(more))
                .toArray(String[]::new);
    }

    private static byte[] weights(Path run) throws IOException {
        return last(run, "model.safetensors");
    }

    private static byte[] moments(Path run) throws IOException {
        return last(run, "optimizer.safetensors");
    }

    private static byte[] last(Path run, String file) throws IOException {
        Path last = new Checkpoints(TrainingRun.checkpointsIn(run), 1).latest().orElseThrow();
        return Files.readAllBytes(last.resolve(file));
    }

    private static List<Double> losses(Path run) throws IOException {
        return MetricsFile.read(run.resolve(TrainingRun.METRICS)).stream()
                .filter(StepMetrics.class::isInstance)
                .map(line -> ((StepMetrics) line).loss())
                .toList();
    }

    @Test
    void processesMakeTheStepsOfOneAndTheSameBitsAgain() throws Exception {
        Path alone = folder.resolve("alone");
        CommandLineOutcome one = CommandLineOutcome.of(train(alone, 4));
        assertEquals(0, one.code(), one.err());

        Path two = folder.resolve("two");
        Ended shared = mpirun(2, train(two, 4));
        assertEquals(0, shared.code(), shared.said());
        assertTrue(shared.said().contains("2 processes, each with 3 sequences of a step"), shared.said());
        assertEquals(1, shared.said().split("done: ", -1).length - 1, shared.said());
        Path again = folder.resolve("again");
        assertEquals(0, mpirun(2, train(again, 4)).code());

        assertArrayEquals(weights(two), weights(again));
        for (int i = 0; i < 4; i++) {
            assertEquals(losses(alone).get(i), losses(two).get(i), 1e-6);
        }

        // Three go on where two have ended.
        Ended resumed = mpirun(3, "train", "--out=" + two, "--resume", "--steps=6", "--threads=1");
        assertEquals(0, resumed.code(), resumed.said());
        assertTrue(resumed.said().contains("micro_batch is 2 from here on, it was 3"), resumed.said());
        assertEquals(6, losses(two).size());
    }

    @Test
    void aSharedOptimizerHasTheSameBitsAndGoesOnWithoutIt() throws Exception {
        Path whole = folder.resolve("whole");
        assertEquals(0, mpirun(3, train(whole, 4)).code());
        Path shared = folder.resolve("shared");
        Ended ended = mpirun(3, train(shared, 4, "--shard-optimizer"));
        assertEquals(0, ended.code(), ended.said());

        assertArrayEquals(weights(whole), weights(shared));
        assertArrayEquals(moments(whole), moments(shared));
        assertEquals(losses(whole), losses(shared));

        for (Path run : List.of(whole, shared)) {
            Ended resumed = mpirun(2, "train", "--out=" + run, "--resume", "--steps=6", "--threads=1");
            assertEquals(0, resumed.code(), resumed.said());
        }
        Ended again = mpirun(2, "train", "--out=" + whole, "--resume", "--steps=8", "--threads=1");
        assertEquals(0, again.code(), again.said());
        Ended back = mpirun(2, "train", "--out=" + shared, "--resume", "--steps=8", "--threads=1", "--shard-optimizer");
        assertEquals(0, back.code(), back.said());
        assertArrayEquals(weights(whole), weights(shared));
        assertArrayEquals(moments(whole), moments(shared));
    }

    @Test
    void thePlanOfASharedOptimizerHasAShareOfItsMoments() throws Exception {
        Ended whole = mpirun(2, train(folder.resolve("run"), 4, "--dry-run"));
        Ended shared = mpirun(2, train(folder.resolve("run"), 4, "--dry-run", "--shard-optimizer"));

        assertEquals(0, shared.code(), shared.said());
        assertTrue(planned(shared, "moments") < 0.6 * planned(whole, "moments"), whole.said() + shared.said());
        assertEquals(planned(whole, "gradients"), planned(shared, "gradients"));
    }

    /** What a part of a plan takes, in KiB. */
    private static double planned(Ended plan, String part) {
        List<String> lines = plan.said().lines().map(String::strip).filter(line -> line.startsWith(part)).toList();
        assertEquals(1, lines.size(), plan.said());
        String[] words = lines.getFirst().split(" +");
        return Double.parseDouble(words[1]) * (words[2].equals("MiB") ? 1024 : 1);
    }

    @Test
    void aProcessThatDiesEndsTheJob() throws Exception {
        Path run = Files.createDirectories(folder.resolve("run"));
        List<String> command =
                new ArrayList<>(List.of("mpirun", "--allow-run-as-root", "--oversubscribe", "-np", "2"));
        command.addAll(ChildJvm.command(train(run, 1_000_000)));
        Path log = folder.resolve("log");
        try (WatchService changed = FileSystems.getDefault().newWatchService()) {
            run.register(changed, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
            try {
                Path metrics = run.resolve(TrainingRun.METRICS);
                while (process.isAlive() && !(Files.exists(metrics) && Files.size(metrics) > 0)) {
                    WatchKey key = changed.poll(1, TimeUnit.SECONDS);
                    if (key != null) {
                        key.pollEvents();
                        key.reset();
                    }
                }
                ProcessHandle one =
                        process.descendants()
                                .filter(each -> each.info().command().orElse("").endsWith("java"))
                                .findFirst()
                                .orElseThrow();
                one.destroyForcibly();

                assertTrue(process.waitFor(300, TimeUnit.SECONDS), "the job outlived its process");
                assertNotEquals(0, process.exitValue());
                String said = Files.readString(log);
                assertTrue(said.contains("mpirun noticed that process rank"), said);
                assertTrue(said.contains("exited on signal 9"), said);
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        }
    }

    @Test
    void whatCannotBeSharedIsRefusedByAll() throws Exception {
        Ended refused = mpirun(2, train(folder.resolve("odd"), 2, "--set=trainer.batch=5", "--set=trainer.micro_batch=5"));

        assertNotEquals(0, refused.code());
        assertTrue(
                refused.said().contains("--batch: found 5 sequences of a step for 2 processes, expected a multiple"),
                refused.said());
        assertFalse(refused.said().contains("fault of the program"), refused.said());
    }
}
