package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.Seen;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.grad.Tape;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recorder;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments.ArgumentSet;
import org.junit.jupiter.params.provider.MethodSource;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.stream.Stream;

/** Gradients of every operation against central differences, both in float64 on {@link ExactBackend}. */
class GradientTest {
    private static final double STEP = 1e-5;
    private static final double TOLERANCE = 1e-7;

    /** A computation that is being recorded, with its parameters and what differentiates it. */
    static final class Graph {
        final ExactBackend backend = new ExactBackend();
        final Recorder recorder = new Recorder(backend);
        final Tape tape = new Tape(recorder);
        final Ops ops = Ops.training(recorder, tape, Precision.F32);
        final Map<Tensor, Tensor> gradients = new LinkedHashMap<>();
        private final SplittableRandom random = new SplittableRandom(3407);
        private final boolean accumulate;

        Graph(boolean accumulate) {
            this.accumulate = accumulate;
        }

        Tensor parameter(String name, int... extents) {
            Tensor value = floats(name, extents);
            Tensor gradient = backend.allocate("gradient of " + name, DType.F32, Shape.of(extents));
            gradients.put(value, gradient);
            tape.parameter(value, gradient, accumulate);
            return value;
        }

        Tensor floats(String name, int... extents) {
            Tensor tensor = backend.allocate(name, DType.F32, Shape.of(extents));
            Arrays.setAll(ExactBackend.values(tensor), i -> 2 * random.nextDouble() - 1);
            return tensor;
        }

        Tensor integers(String name, int... values) {
            Tensor tensor = backend.allocate(name, DType.I32, Shape.of(values.length));
            tensor.set(values);
            return tensor;
        }

        Tensor seen(Seen who) {
            Tensor tensor = backend.allocate("seen", DType.I32, Shape.of(who.ranges().length / 4, 4));
            who.upload(tensor);
            return tensor;
        }

        /** Rotary angles, not of any schedule: every one differs. */
        Tensor angles(int positions, int size) {
            Tensor table = backend.allocate("angles", DType.F32, Shape.of(positions, size));
            Arrays.setAll(
                    ExactBackend.values(table),
                    i -> {
                        int column = i % size;
                        double angle = 0.7 * (i / size) + 0.3 * (column % (size / 2));
                        return column < size / 2 ? Math.cos(angle) : Math.sin(angle);
                    });
            return table;
        }

        /** The loss {@code Σ weight · out} of random weights, and the gradient that it sends back into {@code out}. */
        DoubleSupplier weightedSum(Tensor out) {
            Tensor weights = floats("weights of " + out.name(), out.shape().rows(), out.shape().columns());
            recorder.add(new Copy(weights, tape.into(out).gradient()));
            return () -> dot(ExactBackend.values(weights), ExactBackend.values(out));
        }
    }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    @Test
    void whatIsNotTrainedCostsNothingOnTheWayBack() {
        Graph g = new Graph(false);
        Tensor x = g.ops.embed(g.integers("ids", 2, 0, 2, 4, 1), g.floats("frozen table", 5, 3));
        Tensor y = g.ops.linear(x, g.floats("frozen weight", 6, 3));
        Tensor low = g.ops.scale(g.ops.linear(x, g.parameter("down", 2, 3)), 0.5f);
        g.weightedSum(g.ops.addLinear(y, low, g.parameter("up", 6, 2)));
        g.tape.backward();
        List<String> gradients =
                g.recorder.recording().temporaries().stream()
                        .map(Tensor::name)
                        .filter(name -> name.startsWith("gradient of"))
                        .sorted()
                        .toList();
        // Not of the embedding, nor of a frozen weight, nor of what the first of these made.
        assertEquals(
                List.of("gradient of linear by down", "gradient of linear by up", "gradient of scaled linear by down"),
                gradients);
    }

    @ParameterizedTest
    @MethodSource("dev.unmask.tests.GradientCases#all")
    void everyGradientEqualsTheCentralDifference(Function<Graph, DoubleSupplier> operation) {
        requireCentralDifferences(operation);
    }

    /** Every element of every gradient. */
    static void requireCentralDifferences(Function<Graph, DoubleSupplier> operation) {
        Graph graph = new Graph(false);
        DoubleSupplier loss = operation.apply(graph);
        graph.tape.backward();
        Program program = graph.backend.compile(graph.recorder.recording());
        program.run();
        Map<Tensor, double[]> gradients = copies(graph);
        gradients.forEach((parameter, gradient) -> {
            double[] values = ExactBackend.values(parameter);
            for (int i = 0; i < values.length; i++) {
                double value = values[i];
                values[i] = value + STEP;
                program.run();
                double above = loss.getAsDouble();
                values[i] = value - STEP;
                program.run();
                double below = loss.getAsDouble();
                values[i] = value;
                double difference = (above - below) / (2 * STEP);
                int element = i;
                assertEquals(
                        difference,
                        gradient[i],
                        TOLERANCE * (1 + Math.abs(difference)),
                        () -> "gradient of " + parameter + " at element " + element);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("dev.unmask.tests.GradientCases#all")
    void gradientsOfParametersAccumulateOverMicroBatches(Function<Graph, DoubleSupplier> operation) {
        Map<Tensor, double[]> once = gradientsAfter(operation, 1);
        Map<Tensor, double[]> thrice = gradientsAfter(operation, 3);
        double[][] expected = once.values().toArray(double[][]::new);
        double[][] found = thrice.values().toArray(double[][]::new);
        for (int p = 0; p < expected.length; p++) {
            double[] tripled = Arrays.stream(expected[p]).map(g -> 3 * g).toArray();
            assertArrayEquals(tripled, found[p], 1e-12);
        }
    }

    private static Map<Tensor, double[]> gradientsAfter(Function<Graph, DoubleSupplier> operation, int runs) {
        Graph graph = new Graph(true);
        operation.apply(graph);
        graph.tape.backward();
        Program program = graph.backend.compile(graph.recorder.recording());
        for (int run = 0; run < runs; run++) {
            program.run();
        }
        return copies(graph);
    }

    private static Map<Tensor, double[]> copies(Graph graph) {
        Map<Tensor, double[]> copies = new LinkedHashMap<>();
        graph.gradients.forEach((parameter, gradient) -> copies.put(parameter, ExactBackend.values(gradient).clone()));
        return copies;
    }

    @Test
    void everyDifferentiableOperationIsAmongThem() {
        // Weights in int8 are not trained, and what comes before them neither.
        Set<String> notDifferentiable = Set.of("temporary", "int8Linear", "addInt8Linear");
        List<String> names = GradientCases.all().map(arguments -> ((ArgumentSet) arguments).getName()).toList();
        for (Method method : Ops.class.getDeclaredMethods()) {
            boolean operation =
                    method.getReturnType() == Tensor.class || Set.of("rope", "addBias").contains(method.getName());
            if (operation
                    && Modifier.isPublic(method.getModifiers())
                    && !notDifferentiable.contains(method.getName())) {
                assertTrue(names.stream().anyMatch(name -> name.contains(method.getName())), method::getName);
            }
        }
    }

    @Test
    void checkpointingChangesNeitherResultNorGradients() {
        double[][] found = new double[2][];
        for (int i = 0; i < 2; i++) {
            Graph graph = new Graph(false);
            Tensor out = GradientCases.block(graph, i == 1);
            graph.weightedSum(out);
            graph.tape.backward();
            graph.backend.compile(graph.recorder.recording()).run();
            found[i] =
                    Stream.concat(Stream.of(ExactBackend.values(out)), copies(graph).values().stream())
                            .flatMapToDouble(Arrays::stream)
                            .toArray();
        }
        assertArrayEquals(found[0], found[1]);
    }
}
