package dev.unmask.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.ModelConfig;
import dev.unmask.model.Presets;
import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunConfigTest {
    @ParameterizedTest
    @CsvSource({"tiny, 1e-3", "small, 1e-3", "170M, 2e-4", "1028M, 2e-4"})
    void theDefaultLearningRateIsThatOfTheModelsSize(String preset, double peak) {
        ModelConfig model = Presets.named(preset);
        for (RunConfig config : new RunConfig[] {RunConfig.defaults(preset, 50), RunConfig.defaults("", model, 50)}) {
            assertEquals(peak, config.trainer().learningRate().peak());
            assertEquals(peak / 10, config.trainer().learningRate().last());
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "10", "99", "100", "20000"})
    void theDefaultWarmUpIsShorterThanTheRun(long steps) {
        assertTrue(RunConfig.defaults("tiny", steps).trainer().learningRate().warmup() < steps);
    }

    @Test
    void aWarmUpAsLongAsTheRunIsRefused() {
        RunConfig config = RunConfig.defaults("tiny", 1000);
        assertEquals(100, config.trainer().learningRate().warmup());
        InputException refusal =
                assertThrows(
                        InputException.class,
                        () ->
                                new RunConfig(
                                        config.preset(),
                                        config.causal(),
                                        config.from(),
                                        LoraSettings.NONE,
                                        BlockSettings.NONE,
                                        SpikeSettings.NONE,
                                        config.data(),
                                        config.objective(),
                                        config.trainer().withSteps(100),
                                        config.validation(),
                                        config.checkpoint()));
        assertTrue(refusal.getMessage().startsWith("learning_rate.warmup: found 100 steps, expected fewer"));
    }
}
