package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.tensor.program.MemoryUse;
import dev.unmask.train.BlockSettings;
import dev.unmask.train.Recipe;
import dev.unmask.train.Run;
import dev.unmask.train.RunConfig;
import dev.unmask.train.RunConfig.ValidationPlan;
import dev.unmask.train.RunSamples;
import dev.unmask.train.TrainerSettings;
import dev.unmask.train.Validation;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The plan of a run holds what its samples over time take, which the run shows on a dry run that has its text. */
class SamplesPlanTest {
    private static final int TEXTS = 4;

    @TempDir private Path folder;

    /** A kind of run. */
    private interface Kind {
        RunConfig of(int length) throws IOException;
    }

    private record Case(String name, int length, Kind kind) {}

    @TestFactory
    Stream<DynamicNode> samplesOverTimeArePlanned() {
        return BackendsUnderTest.eachProvider(provider ->
                Stream.of(
                                new Case("masked", 64, this::masked),
                                new Case("masked, longer than what is shown", 384, this::masked),
                                new Case("causal", 256, this::causal),
                                new Case("blocks", 64, this::blocks),
                                new Case("prompts", 192, this::prompts),
                                new Case("causal prompts", 192, length -> causal(prompts(length))))
                        .map(each -> dynamicTest(each.name, () -> check(provider, each))));
    }

    private void check(BackendProvider provider, Case each) throws IOException {
        RunConfig config = each.kind.of(each.length);
        MemoryUse without = plan(provider, withSamples(config, 0));
        MemoryUse planned = plan(provider, withSamples(config, TEXTS));
        MemoryUse taken = taken(provider, withSamples(config, TEXTS));
        assertTrue(without.tensors() < taken.tensors(), without + ", " + taken);
        assertTrue(taken.tensors() <= planned.tensors(), taken + ", " + planned);
        assertTrue(taken.temporaries() <= planned.temporaries(), taken + ", " + planned);
        assertTrue(taken.peak() <= planned.peak(), taken + ", " + planned);
    }

    private static MemoryUse plan(BackendProvider provider, RunConfig config) throws IOException {
        try (DryRun dryRun = BackendsUnderTest.dryRun(provider)) {
            return Run.plan(dryRun, config, Optional.empty()).use();
        }
    }

    /** What a run takes that makes a step, validates and lets the model write. */
    private MemoryUse taken(BackendProvider provider, RunConfig config) throws IOException {
        Path out = Files.createTempDirectory(folder, "run");
        try (DryRun dryRun = BackendsUnderTest.dryRun(provider)) {
            Run run = Run.begin(dryRun, config, out);
            RunSamples samples = RunSamples.of(run, out).orElseThrow();
            run.trainer().next();
            run.validation().ifPresent(Validation::measure);
            samples.write(1);
            assertFalse(RunSamples.read(out).isEmpty());
            return dryRun.use();
        }
    }

    private RunConfig masked(int length) throws IOException {
        Path text =
                Files.writeString(
                        folder.resolve("text.txt"),
                        IntStream.range(0, 400)
                                .mapToObj(i -> "Kätzchen № " + i + " schläft auf Matte " + i * 7 % 31 + " – schön")
                                .collect(Collectors.joining("\n")));
        return onBytes(RunConfig.defaults("tiny", 5), text, length);
    }

    private RunConfig prompts(int length) throws IOException {
        Path text =
                Files.writeString(
                        folder.resolve("text.jsonl"),
                        IntStream.range(0, 200)
                                .mapToObj(i ->
                                        "{\"prompt\":\"%s\",\"completion\":\" c%d\"}"
                                                .formatted("é?".repeat(1 + i * 13 % 60), i))
                                .collect(Collectors.joining("\n")));
        return onBytes(Recipe.named("sft-llada").on(RunConfig.defaults("tiny", 5)), text, length);
    }

    private static RunConfig onBytes(RunConfig config, Path text, int length) {
        RunConfig onText = config.withText(text);
        return onText.withData(onText.data().withTokenizer("bytes").withLongest(length))
                .withTrainer(TrainerSettings.of(5, 1, length, 1e-3));
    }

    private RunConfig causal(int length) throws IOException {
        return causal(masked(length));
    }

    private static RunConfig causal(RunConfig config) {
        return with(config, true, BlockSettings.NONE, config.validation());
    }

    private RunConfig blocks(int length) throws IOException {
        RunConfig config = masked(length);
        return with(config, false, new BlockSettings(4, 0.3, 0.8), config.validation());
    }

    private static RunConfig withSamples(RunConfig config, int samples) {
        ValidationPlan plan = new ValidationPlan(1, 1, 1, samples);
        return with(config, config.causal(), config.blocks(), plan);
    }

    private static RunConfig with(RunConfig config, boolean causal, BlockSettings blocks, ValidationPlan validation) {
        return new RunConfig(
                config.preset(),
                causal,
                config.from(),
                config.lora(),
                blocks,
                config.spikes(),
                config.data(),
                config.objective(),
                config.trainer(),
                validation,
                config.checkpoint());
    }
}
