package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Transformer;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.Backend;
import dev.unmask.train.Trainer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;

/** What has run once takes no more memory however often it runs again. */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#openFound")
class SteadyMemoryTest {
    private static final int STEPS = 4;
    private static final int[] PROMPT = {116, 104, 101};

    private final CountingBackend backend;

    SteadyMemoryTest(Backend backend) {
        this.backend = new CountingBackend(backend);
    }

    @Test
    void stepsOfEveryLengthTakeWhatTheFirstOnesTook() {
        Transformer model = SmallRun.model(backend, false);
        Trainer trainer = SmallRun.trainer(backend, model, SmallRun.settings(20, 16, 8, Lines.LENGTH - 1, 0.5));
        takesNoMoreTheSecondTime(() -> {
            for (int i = 0; i < STEPS; i++) {
                trainer.next();
            }
        });
    }

    @Test
    void aSecondSamplingRunTakesWhatTheFirstTook() {
        Transformer model = SmallRun.model(backend, false);
        MaskedSampler sampler = new MaskedSampler(backend, model);
        takesNoMoreTheSecondTime(() ->
                sampler.sample(
                        List.of(
                                MaskedSequence.continuing(PROMPT, 20, model.config().maskToken(), 0),
                                MaskedSequence.continuing(PROMPT, 13, model.config().maskToken(), 1)),
                        SamplerSettings.defaults().withSteps(6).withTemperature(1).withGuidance(0.5)));
    }

    private void takesNoMoreTheSecondTime(Runnable work) {
        work.run();
        int asked = backend.asked();
        long reserved = reservedOutsideTheHeap();
        work.run();
        assertEquals(asked, backend.asked(), "tensors and programs");
        // Less, if what was left behind is freed late.
        assertTrue(reservedOutsideTheHeap() <= reserved, "bytes outside the heap");
    }

    /** What the whole JVM holds of the memory that tensors and scratch memory come from. */
    private static long reservedOutsideTheHeap() {
        // So that what earlier tests left behind is not freed in between, which would hide as much growth.
        System.gc();
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }
}
