package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.train.LearningRate;
import dev.unmask.train.Recipe;
import dev.unmask.train.Run;
import dev.unmask.train.RunConfig;
import dev.unmask.train.StepMetrics;
import dev.unmask.train.TrainerSettings;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Every recipe makes steps, at tiny scale, and the same ones when it goes on. */
class RecipesTrainTest {
    @TempDir private Path folder;

    private Path text(String recipe) throws IOException {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            all.append(
                    switch (recipe) {
                        case "sft-sharegpt" ->
                                "{\"conversations\":[{\"from\":\"human\",\"value\":\"Q"
                                        + i
                                        + "\"},{\"from\":\"gpt\",\"value\":\"A"
                                        + i
                                        + "\"}]}\n";
                        case "sft-gsm8k" -> "{\"question\":\"" + i + "+1\",\"answer\":\"x #### " + (i + 1) + "\"}\n";
                        default -> "{\"prompt\":\"p" + i + "\",\"completion\":\" c" + i * i + "\"}\n";
                    });
        }
        return Files.writeString(folder.resolve("text.jsonl"), all);
    }

    private RunConfig config(String recipe) throws IOException {
        RunConfig config = Recipe.named(recipe).on(RunConfig.defaults("tiny", 2000).withText(text(recipe)));
        TrainerSettings published = config.trainer();
        return config.withData(config.data().withTokenizer("bytes").withLongest(200))
                .withTrainer(
                        TrainerSettings.of(3, 4, 200, 1e-3)
                                .withMicroBatch(2)
                                .withShortRatio(published.shortRatio())
                                .withSeed(published.seed())
                                .withLearningRate(new LearningRate(1e-3, 1e-4, 1))
                                .withAdamW(published.adamW()));
    }

    @ParameterizedTest
    @CsvSource({"sft-sharegpt", "sft-gsm8k", "sft-reversal", "sft-llada", "mdm-low-variance", "arm"})
    void aRecipeTrains(String recipe) throws IOException {
        RunConfig config = config(recipe);
        List<StepMetrics> steps = new ArrayList<>();
        try (Backend backend = Backends.open("vector", new BackendOptions(1, ""))) {
            Run run = Run.begin(backend, config, folder.resolve("run"));
            while (run.trainer().step() < 3) {
                steps.add(run.trainer().next());
            }
        }
        for (StepMetrics step : steps) {
            assertTrue(step.loss() > 0 && step.loss() < 60, step.toString());
            assertTrue(step.gradientNorm() > 0, step.toString());
        }
        if (config.objective().padTogether() > 0) {
            assertTrue(steps.getFirst().tokens() < 800, "sequences are as long as the longest of a few");
        } else {
            assertEquals(800, steps.getFirst().tokens(), 100);
        }
    }
}
