package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendProvider;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recorder;
import dev.unmask.tests.TrainingProgram.Outcome;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Whole programs, forward, backward and update, on every backend of this machine. */
class ProgramTest {
    private static final double LOSS_TOLERANCE = 1e-5;
    private static final double PARAMETER_TOLERANCE = 1e-5;

    @TestFactory
    Stream<DynamicNode> trainingAgreesWithFloat64() {
        return BackendsUnderTest.each(backend ->
                Stream.of(false, true)
                        .map(causal ->
                                dynamicTest(causal ? "causal" : "bidirectional", () -> agrees(backend, causal))));
    }

    private static void agrees(Backend backend, boolean causal) {
        Outcome expected = TrainingProgram.run(new ExactBackend(), causal, false);
        Outcome found = TrainingProgram.run(backend, causal, false);
        for (int step = 0; step < expected.losses().size(); step++) {
            assertClose(
                    expected.losses().get(step), found.losses().get(step), LOSS_TOLERANCE, "losses of step " + step);
        }
        assertEquals(expected.parameters().keySet(), found.parameters().keySet());
        expected.parameters()
                .forEach(
                        (name, values) -> assertClose(values, found.parameters().get(name), PARAMETER_TOLERANCE, name));
    }

    private static void assertClose(float[] expected, float[] found, double tolerance, String what) {
        for (int i = 0; i < expected.length; i++) {
            int element = i;
            assertEquals(
                    expected[i],
                    found[i],
                    tolerance * Math.max(1, Math.abs(expected[i])),
                    () -> what + ", element " + element);
        }
    }

    @TestFactory
    Stream<DynamicNode> checkpointingGivesTheSameBits() {
        return BackendsUnderTest.each(backend ->
                Stream.of(
                        dynamicTest(
                                "bidirectional",
                                () -> {
                                    assertSameBits(
                                            TrainingProgram.run(backend, false, false),
                                            TrainingProgram.run(backend, false, true));
                                })));
    }

    @TestFactory
    Stream<DynamicNode> programsThatTakeTurnsDoNotDisturbEachOther() {
        return BackendsUnderTest.each(backend ->
                Stream.of(
                        dynamicTest(
                                "small, large, small again",
                                () -> {
                                    Tensor x = backend.allocate("x", DType.F32, Shape.of(5));
                                    x.set(1f, 2f, 3f, 4f, 5f);
                                    Tensor small = backend.allocate("small", DType.F32, Shape.of(5));
                                    Program doubled = backend.record(r -> twiceByTemporary(r, x, small));
                                    doubled.run();
                                    Tensor y = backend.allocate("y", DType.F32, Shape.of(1 << 17));
                                    backend.run(new Fill(y, 7));
                                    Tensor large = backend.allocate("large", DType.F32, y.shape());
                                    Program largeDoubled = backend.record(r -> twiceByTemporary(r, y, large));
                                    x.set(10f, 20f, 30f, 40f, 50f);
                                    doubled.run();
                                    largeDoubled.run();
                                    assertArrayEquals(new float[] {20, 40, 60, 80, 100}, small.floats());
                                    assertEquals(14, large.floats()[(1 << 17) - 1]);
                                    x.set(-1f, -2f, -3f, -4f, -5f);
                                    doubled.run();
                                    assertArrayEquals(new float[] {-2, -4, -6, -8, -10}, small.floats());
                                })));
    }

    @TestFactory
    Stream<DynamicNode> aProgramGivesTheBitsOfItsKernelsOneByOne() {
        return BackendsUnderTest.eachProvider(provider ->
                Stream.of(Precision.values())
                        .map(precision ->
                                dynamicTest(
                                        precision.name(),
                                        () -> {
                                            try (Backend whole = BackendsUnderTest.open(provider);
                                                    Backend stepwise =
                                                            new StepwiseBackend(BackendsUnderTest.open(provider))) {
                                                assertSameBits(
                                                        TrainingProgram.run(stepwise, false, false, precision),
                                                        TrainingProgram.run(whole, false, false, precision));
                                            }
                                        })));
    }

    private static void twiceByTemporary(Recorder recorder, Tensor x, Tensor out) {
        Tensor copy = recorder.temporary("copy", DType.F32, x.shape());
        recorder.add(new Copy(x, copy));
        recorder.add(new Add(x, copy, out));
    }

    @TestFactory
    Stream<DynamicNode> trainingLowersTheLoss() {
        return BackendsUnderTest.each(backend ->
                Stream.of(
                        dynamicTest(
                                "bidirectional",
                                () -> {
                                    List<float[]> losses = TrainingProgram.run(backend, false, false).losses();
                                    assertTrue(mean(losses.getLast()) < mean(losses.getFirst()));
                                })));
    }

    private static double mean(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).average().orElseThrow();
    }

    @TestFactory
    Stream<DynamicNode> trainingGivesTheSameBitsWhateverTheNumberOfThreads() {
        return BackendsUnderTest.eachProvider(provider ->
                Stream.of(false, true)
                        .map(causal ->
                                dynamicTest(
                                        causal ? "causal" : "bidirectional",
                                        () -> {
                                            Outcome one = trainWith(provider, 1, causal);
                                            assertSameBits(one, trainWith(provider, 2, causal));
                                            assertSameBits(one, trainWith(provider, 3, causal));
                                        })));
    }

    private static Outcome trainWith(BackendProvider provider, int threads, boolean causal) {
        try (Backend backend = provider.open(BackendsUnderTest.options(provider, threads))) {
            return TrainingProgram.run(backend, causal, false);
        }
    }

    private static void assertSameBits(Outcome expected, Outcome found) {
        for (int step = 0; step < expected.losses().size(); step++) {
            assertArrayEquals(expected.losses().get(step), found.losses().get(step), "losses of step " + step);
        }
        assertEquals(expected.parameters().keySet(), found.parameters().keySet());
        expected.parameters().forEach((name, values) -> assertArrayEquals(values, found.parameters().get(name), name));
    }

    @TestFactory
    Stream<DynamicNode> everyKernelGivesTheSameBitsWhateverTheNumberOfThreads() {
        return BackendsUnderTest.eachProvider(provider ->
                KernelTest.cases()
                        .map(kernelCase ->
                                dynamicTest(
                                        kernelCase.toString(),
                                        () -> {
                                            List<byte[]> one = bitsWith(provider, 1, kernelCase);
                                            List<byte[]> three = bitsWith(provider, 3, kernelCase);
                                            for (int i = 0; i < one.size(); i++) {
                                                assertArrayEquals(one.get(i), three.get(i), "operand " + i);
                                            }
                                        })));
    }

    private static List<byte[]> bitsWith(BackendProvider provider, int threads, KernelCase kernelCase) {
        try (Backend backend = provider.open(BackendsUnderTest.options(provider, threads))) {
            CaseOperands.assumeSupported(kernelCase, backend);
            return CaseOperands.bits(kernelCase, backend);
        }
    }
}
