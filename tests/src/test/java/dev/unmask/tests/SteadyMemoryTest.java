package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Transformer;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.train.Trainer;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;

/** What has run once takes no more memory however often it runs again. */
class SteadyMemoryTest {
    private static final int REPEATS = 4;
    private static final int STEPS = 4;
    private static final int[] PROMPT = {116, 104, 101};

    /** Of one thread: which of several needs scratch memory first is a matter of chance. */
    private final CountingBackend backend = new CountingBackend(SmallRun.cpu(1));

    @AfterEach
    void close() {
        backend.close();
    }

    @Test
    void stepsOfEveryLengthTakeWhatTheFirstOnesTook() {
        Transformer model = SmallRun.model(backend, false);
        Trainer trainer =
                SmallRun.trainer(
                        backend, model, SmallRun.settings(STEPS * (1 + REPEATS), 16, 8, Lines.LENGTH - 1, 0.5));
        takesNoMoreWhenRepeated(() -> {
            for (int i = 0; i < STEPS; i++) {
                trainer.next();
            }
        });
    }

    @Test
    void samplingRunsTakeWhatTheFirstTook() {
        Transformer model = SmallRun.model(backend, false);
        MaskedSampler sampler = new MaskedSampler(backend, model);
        takesNoMoreWhenRepeated(() ->
                sampler.sample(
                        List.of(
                                MaskedSequence.continuing(PROMPT, 20, model.config().maskToken(), 0),
                                MaskedSequence.continuing(PROMPT, 13, model.config().maskToken(), 1)),
                        SamplerSettings.defaults().withSteps(6).withTemperature(1).withGuidance(0.5)));
    }

    private void takesNoMoreWhenRepeated(Runnable work) {
        work.run();
        int asked = backend.asked();
        for (int i = 0; i < REPEATS; i++) {
            long reserved = reservedOutsideTheHeap();
            work.run();
            assertEquals(asked, backend.asked(), "tensors and programs");
            // Less, where what earlier tests left behind is freed late; that cannot hide growth in every repeat.
            assertTrue(reservedOutsideTheHeap() <= reserved, "bytes outside the heap");
        }
    }

    /** What the whole JVM holds of the memory that tensors and scratch memory come from. */
    private static long reservedOutsideTheHeap() {
        // So that little of what earlier tests left behind is freed in between.
        System.gc();
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }
}
