package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.model.Initialization;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Presets;
import dev.unmask.model.Transformer;
import dev.unmask.sample.MaskedSampler;
import dev.unmask.sample.MaskedSequence;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.train.LearningRate;
import dev.unmask.train.MemoryEstimate;
import dev.unmask.train.Trainer;
import dev.unmask.train.TrainerSettings;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a dry run plans is what the backend takes. */
class DryRunTest {
    /** Devices round the length of each tensor up. */
    private static final double ROUNDING = 1.01;

    @TestFactory
    Stream<DynamicNode> activationsArePlannedAsTheyAreTaken() {
        return BackendsUnderTest.eachProvider(provider ->
                Stream.of(false, true)
                        .map(checkpointing ->
                                dynamicTest(
                                        checkpointing ? "computed twice" : "kept",
                                        () ->
                                                assertEquals(
                                                        taken(provider, settings(4, checkpointing)),
                                                        plan(provider, settings(4, checkpointing))
                                                                .use()
                                                                .temporaries()))));
    }

    private static long taken(BackendProvider provider, TrainerSettings settings) {
        try (Backend backend = BackendsUnderTest.open(provider)) {
            Trainer trainer = SmallRun.trainer(backend, SmallRun.model(backend, false), settings);
            trainer.next();
            return trainer.activationBytes();
        }
    }

    private static MemoryEstimate plan(BackendProvider provider, TrainerSettings settings) {
        try (DryRun dryRun = BackendsUnderTest.dryRun(provider)) {
            return MemoryEstimate.ofTraining(dryRun, SmallRun.config(false), settings, Optional.empty());
        }
    }

    @TestFactory
    Stream<DynamicNode> accumulatingGradientsTakesNoMoreThanOneMicroBatch() {
        return BackendsUnderTest.eachProvider(provider ->
                Stream.of(
                        dynamicTest(
                                "two micro-batches",
                                () ->
                                        assertEquals(
                                                plan(provider, settings(4, 4, false)).use().temporaries(),
                                                plan(provider, settings(8, 4, false)).use().temporaries()))));
    }

    private static TrainerSettings settings(int batch, boolean checkpointing) {
        return settings(batch, batch, checkpointing);
    }

    private static TrainerSettings settings(int batch, int microBatch, boolean checkpointing) {
        return TrainerSettings.of(3, batch, 19, 3e-3)
                .withMicroBatch(microBatch)
                .withSeed(7)
                .withCheckpointedActivations(checkpointing)
                .withLearningRate(new LearningRate(3e-3, 3e-4, 0));
    }

    @TestFactory
    Stream<DynamicNode> weightsGradientsAndMomentsTakeSixteenBytesAParameter() {
        return eachPlan((provider, dryRun) -> {
            MemoryEstimate plan =
                    MemoryEstimate.ofTraining(dryRun, Presets.named("6M"), settings(4, false), Optional.empty());
            double parameters = Presets.named("6M").parameterCount();
            for (MemoryEstimate.Part part : plan.parts()) {
                double each =
                        switch (part.name()) {
                            case "weights", "gradients" -> 4;
                            case "moments" -> 8;
                            default -> 0;
                        };
                if (each > 0) {
                    assertTrue(part.bytes() >= each * parameters, part.toString());
                    assertTrue(part.bytes() <= each * parameters * ROUNDING, part.toString());
                }
            }
            assertEquals(plan.use().tensors(), plan.parts().stream().mapToLong(MemoryEstimate.Part::bytes).sum());
        });
    }

    @TestFactory
    Stream<DynamicNode> aModelFarLargerThanThisMachineIsPlannedAndDoesNotFit() {
        return eachPlan((provider, dryRun) -> {
            ModelConfig large = Presets.named("2121M");
            MemoryEstimate plan = MemoryEstimate.ofTraining(dryRun, large, settings(256, false), Optional.empty());
            assertTrue(plan.use().peak() > 16 * large.parameterCount());
            assertTrue(plan.use().sumOfParts() > plan.use().peak());
            assertTrue(!plan.use().fits());
            assertTrue(plan.lines().getLast().startsWith("does not fit: planned are "), plan.lines().getLast());
        });
    }

    @TestFactory
    Stream<DynamicNode> samplingIsPlannedByTheSamplerItself() {
        return eachPlan((provider, dryRun) -> {
            Transformer model = Initialization.zeros(dryRun, SmallRun.config(false));
            MaskedSequence sequence = MaskedSequence.continuing(new int[] {1}, 19, SmallRun.VOCABULARY, 0);
            new MaskedSampler(dryRun, model).sample(List.of(sequence), SamplerSettings.defaults().withSteps(3));
            assertTrue(dryRun.use().temporaries() > 0);
        });
    }

    @TestFactory
    Stream<DynamicNode> everyKernelCanBePlanned() {
        return eachPlan((provider, dryRun) ->
                KernelTest.cases()
                        .map(kernelCase -> CaseOperands.kernelOf(kernelCase, dryRun))
                        .filter(kernel -> dryRun.unsupported(kernel).isEmpty())
                        .forEach(kernel -> {
                            Tensor first = kernel.outputs().getFirst();
                            assertEquals(
                                    0,
                                    dryRun.record(recorder -> recorder.add(kernel)).temporaryBytes(),
                                    first::toString);
                        }));
    }

    private interface Plan {
        void check(BackendProvider provider, DryRun dryRun);
    }

    private static Stream<DynamicNode> eachPlan(Plan plan) {
        return BackendsUnderTest.eachProvider(provider ->
                Stream.of(
                        dynamicTest(
                                "dry run",
                                () -> {
                                    try (DryRun dryRun = BackendsUnderTest.dryRun(provider)) {
                                        plan.check(provider, dryRun);
                                    }
                                })));
    }
}
