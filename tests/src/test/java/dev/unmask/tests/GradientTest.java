package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.unmask.model.Seen;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.LinearCrossEntropy;
import dev.unmask.tensor.grad.LinearCrossEntropy.Entries;
import dev.unmask.tensor.grad.LinearCrossEntropy.HiddenRows;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.grad.Tape;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recorder;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.Arguments.ArgumentSet;
import org.junit.jupiter.params.provider.MethodSource;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Gradients of every operation against central differences, both in float64 on {@link ExactBackend}. */
class GradientTest {
    private static final double STEP = 1e-5;
    private static final double TOLERANCE = 1e-7;
    private static final float EPSILON = 1e-5f;

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

    private static Arguments operation(String name, Function<Graph, DoubleSupplier> loss) {
        return argumentSet(name, loss);
    }

    static Stream<Arguments> operations() {
        return Stream.of(
                operation(
                        "embed, an id twice",
                        g -> {
                            Tensor ids = g.integers("ids", 2, 0, 2, 4, 1);
                            return g.weightedSum(g.ops.embed(ids, g.parameter("table", 5, 3)));
                        }),
                operation(
                        "rmsNorm",
                        g -> {
                            Tensor x = g.parameter("x", 4, 5);
                            return g.weightedSum(g.ops.rmsNorm(x, g.parameter("weight", 5), EPSILON));
                        }),
                operation(
                        "rmsNorm with its input added again",
                        g -> {
                            Tensor x = g.parameter("x", 4, 5);
                            Tensor weight = g.parameter("weight", 5);
                            Tensor y = g.ops.addLinear(x, g.ops.rmsNorm(x, weight, EPSILON), g.parameter("w", 5, 5));
                            return g.weightedSum(g.ops.rmsNorm(y, weight, EPSILON));
                        }),
                operation(
                        "rmsNorm of each head",
                        g -> {
                            Tensor x = g.parameter("x", 3, 8);
                            return g.weightedSum(g.ops.rmsNorm(x, g.parameter("weight", 4), EPSILON));
                        }),
                operation(
                        "layerNorm",
                        g -> {
                            Tensor x = g.parameter("x", 4, 5);
                            return g.weightedSum(
                                    g.ops.layerNorm(x, g.parameter("weight", 5), g.parameter("bias", 5), EPSILON));
                        }),
                operation(
                        "layerNorm of a sum with its input, twice",
                        g -> {
                            Tensor x = g.parameter("x", 4, 5);
                            Tensor weight = g.parameter("weight", 5);
                            Tensor bias = g.parameter("bias", 5);
                            Tensor y = g.ops.addLinear(x, x, g.parameter("w", 5, 5));
                            Tensor z = g.ops.layerNorm(y, weight, bias, EPSILON);
                            Tensor u = g.ops.addLinear(z, z, g.parameter("u", 5, 5));
                            return g.weightedSum(g.ops.layerNorm(u, weight, bias, EPSILON));
                        }),
                operation(
                        "addBias",
                        g -> {
                            Tensor y = g.ops.linear(g.parameter("x", 4, 5), g.parameter("w", 3, 5));
                            g.ops.addBias(y, g.parameter("bias", 3));
                            return g.weightedSum(y);
                        }),
                operation(
                        "gelu",
                        g -> {
                            Tensor y = g.ops.linear(g.parameter("x", 4, 5), g.parameter("w", 3, 5));
                            return g.weightedSum(g.ops.gelu(y));
                        }),
                operation(
                        "dropout, of what others use too",
                        g -> {
                            Ops dropping = g.ops.dropping(0.4f, g.integers("draw", 7, 0, 3, 0, 1000, 0));
                            Tensor x = g.ops.linear(g.parameter("x", 6, 5), g.parameter("w", 17, 5));
                            Tensor once = g.ops.linear(dropping.dropout(x, 1), g.parameter("a", 3, 17));
                            Tensor twice = g.ops.addLinear(once, dropping.dropout(x, 2), g.parameter("b", 3, 17));
                            return g.weightedSum(g.ops.addLinear(twice, x, g.parameter("c", 3, 17)));
                        }),
                operation(
                        "scale",
                        g -> {
                            Tensor y = g.ops.linear(g.parameter("x", 4, 5), g.parameter("w", 3, 5));
                            return g.weightedSum(g.ops.scale(y, -1.5f));
                        }),
                operation(
                        "add, of sums that share operands",
                        g -> {
                            Tensor x = g.ops.linear(g.parameter("x", 4, 5), g.parameter("w", 3, 5));
                            Tensor y = g.ops.add(x, g.ops.embed(g.integers("ids", 0, 1, 0, 1), g.parameter("e", 2, 3)));
                            Tensor z = g.ops.add(y, y);
                            return g.weightedSum(g.ops.add(z, x));
                        }),
                operation(
                        "linear",
                        g -> {
                            Tensor x = g.parameter("x", 4, 5);
                            return g.weightedSum(g.ops.linear(x, g.parameter("w", 3, 5)));
                        }),
                operation(
                        "linear, a weight twice",
                        g -> {
                            Tensor x = g.parameter("x", 4, 5);
                            Tensor w = g.parameter("w", 5, 5);
                            return g.weightedSum(g.ops.linear(g.ops.linear(x, w), w));
                        }),
                operation(
                        "addLinear",
                        g -> {
                            Tensor x = g.parameter("x", 4, 5);
                            Tensor residual = g.parameter("residual", 4, 3);
                            return g.weightedSum(g.ops.addLinear(residual, x, g.parameter("w", 3, 5)));
                        }),
                operation(
                        "addLinear to its own input",
                        g -> {
                            Tensor x = g.ops.linear(g.parameter("x", 4, 5), g.parameter("v", 5, 5));
                            return g.weightedSum(g.ops.addLinear(x, x, g.parameter("w", 5, 5)));
                        }),
                operation(
                        "rope",
                        g -> {
                            Heads heads = new Heads(4, 2, 6);
                            Tensor fused =
                                    g.ops.linear(g.parameter("x", 3, 2), g.parameter("w", heads.fusedWidth(), 2));
                            Tensor positions = g.integers("positions", 2, 0, 3);
                            g.ops.rope(heads.queriesAndKeysOf(fused), positions, g.angles(4, heads.size()));
                            return g.weightedSum(fused);
                        }),
                attention("attention", new Heads(2, 2, 4), 2, Optional.empty()),
                attention("causal attention", new Heads(2, 2, 4), 2, Optional.of(Seen.causal(2, 6))),
                attention("attention, grouped queries", new Heads(4, 2, 2), 2, Optional.empty()),
                attention("causal attention, grouped queries", new Heads(3, 1, 2), 2, Optional.of(Seen.causal(2, 6))),
                attention("attention, lengths", new Heads(4, 2, 2), 3, Optional.of(Seen.lengths(6, 3, 0, 6))),
                attention("attention, blocks", new Heads(4, 2, 2), 2, Optional.of(Seen.blockCausal(2, 6, 4))),
                attention(
                        "attention, block diffusion", new Heads(2, 1, 2), 2, Optional.of(Seen.blockDiffusion(2, 3, 2))),
                attention(
                        "attention, documents",
                        new Heads(2, 1, 2),
                        2,
                        Optional.of(Seen.documents(6, true, List.of(new int[] {1, 3}, new int[] {2, 4})))),
                operation(
                        "attention of tensors apart",
                        g -> {
                            Tensor x = g.parameter("x", 12, 3);
                            Tensor q = g.ops.linear(x, g.parameter("wq", 8, 3));
                            Tensor k = g.ops.linear(x, g.parameter("wk", 4, 3));
                            Tensor v = g.ops.linear(x, g.parameter("wv", 4, 3));
                            g.ops.rope(HeadRows.of(k, 0, 2, 2), g.integers("positions", range(12)), g.angles(12, 2));
                            return g.weightedSum(
                                    g.ops.attention(
                                            HeadRows.of(q, 0, 4, 2),
                                            HeadRows.of(k, 0, 2, 2),
                                            HeadRows.of(v, 0, 2, 2),
                                            2,
                                            Optional.of(g.seen(Seen.causal(2, 6)))));
                        }),
                operation(
                        "swiGlu",
                        g -> {
                            Tensor x = g.parameter("x", 4, 5);
                            Tensor gate = g.ops.linear(x, g.parameter("gate", 3, 5));
                            return g.weightedSum(g.ops.swiGlu(gate, g.ops.linear(x, g.parameter("up", 3, 5))));
                        }),
                operation(
                        "gatherRows",
                        g -> {
                            Tensor x = g.parameter("x", 5, 3);
                            return g.weightedSum(g.ops.gatherRows(x, g.integers("rows", 4, 0, 2), RowLimit.ALL, 3));
                        }),
                operation("linearCrossEntropy, some entries live", g -> linearCrossEntropy(g, 3, 4)),
                operation("linearCrossEntropy, all entries live", g -> linearCrossEntropy(g, 4, 4)),
                operation("linearCrossEntropy in chunks, all entries live", g -> linearCrossEntropy(g, 4, 3)),
                operation(
                        "linearCrossEntropy in chunks, the last without a live entry",
                        g -> linearCrossEntropy(g, 2, 1)),
                operation("linearCrossEntropy, no entry live", g -> linearCrossEntropy(g, 0, 4)),
                operation(
                        "linearCrossEntropy with a bias, in chunks",
                        g -> {
                            Tensor hidden = g.ops.linear(g.parameter("x", 5, 2), g.parameter("w", 3, 2));
                            return linearCrossEntropy(
                                    g, 4, 3, HiddenRows.of(hidden), Optional.of(g.parameter("bias", 7)));
                        }),
                operation("limited to live rows, some entries live", g -> lossOfFeedForward(g, 3, 4)),
                operation("limited to live rows, in chunks", g -> lossOfFeedForward(g, 4, 3)),
                operation("limited to live rows, the last chunk without one", g -> lossOfFeedForward(g, 2, 1)),
                operation("limited to live rows, of which there is none", g -> lossOfFeedForward(g, 0, 4)),
                operation("checkpoint", g -> g.weightedSum(block(g, true))));
    }

    private static Arguments attention(String name, Heads heads, int batch, Optional<Seen> who) {
        return operation(
                name,
                g -> {
                    Tensor x = g.parameter("x", batch * 6, 3);
                    Tensor fused = g.ops.linear(x, g.parameter("w", heads.fusedWidth(), 3));
                    return g.weightedSum(
                            g.ops.attention(
                                    heads.queriesOf(fused),
                                    heads.keysOf(fused),
                                    heads.valuesOf(fused),
                                    batch,
                                    who.map(g::seen)));
                });
    }

    private static int[] range(int count) {
        return IntStream.range(0, count).toArray();
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

    private static DoubleSupplier linearCrossEntropy(Graph g, int live, int chunk) {
        Tensor hidden = g.ops.linear(g.parameter("x", 5, 2), g.parameter("w", 3, 2));
        return linearCrossEntropy(g, live, chunk, HiddenRows.of(hidden));
    }

    /** The loss of hidden states that are made of picked rows, each chunk for itself. */
    private static DoubleSupplier lossOfFeedForward(Graph g, int live, int chunk) {
        Tensor x = g.ops.linear(g.parameter("x", 5, 2), g.parameter("w", 3, 2));
        Tensor norm = g.parameter("norm", 3);
        Tensor gate = g.parameter("gate", 4, 3);
        Tensor up = g.parameter("up", 4, 3);
        Tensor down = g.parameter("down", 3, 4);
        return linearCrossEntropy(
                g,
                live,
                chunk,
                (ops, rows, limit, size) -> {
                    Tensor picked = ops.gatherRows(x, rows, limit, size);
                    return feedForward(ops.limitedTo(limit), picked, norm, gate, up, down);
                });
    }

    private static DoubleSupplier linearCrossEntropy(Graph g, int live, int chunk, HiddenRows hidden) {
        return linearCrossEntropy(g, live, chunk, hidden, Optional.empty());
    }

    private static DoubleSupplier linearCrossEntropy(
            Graph g, int live, int chunk, HiddenRows hidden, Optional<Tensor> bias) {
        Entries entries =
                new Entries(
                        g.integers("rows", 4, 0, 2, 3),
                        g.integers("targets", 6, 0, 3, 3),
                        g.floats("weights", 4),
                        g.integers("count", live),
                        g.floats("losses", 4));
        LinearCrossEntropy.record(g.ops, hidden, g.parameter("head", 7, 3), bias, entries, chunk);
        return () ->
                dot(
                        Arrays.copyOf(ExactBackend.values(entries.weights()), live),
                        Arrays.copyOf(ExactBackend.values(entries.losses()), live));
    }

    private static Tensor block(Graph g, boolean checkpointing) {
        Tensor x = g.ops.linear(g.parameter("x", 4, 3), g.parameter("embedding", 4, 3));
        Tensor norm = g.parameter("norm", 4);
        Tensor gate = g.parameter("gate", 6, 4);
        Tensor up = g.parameter("up", 6, 4);
        Tensor down = g.parameter("down", 4, 6);
        for (int i = 0; i < 2; i++) {
            x =
                    checkpointing
                            ? g.ops.checkpoint(x, (ops, y) -> feedForward(ops, y, norm, gate, up, down))
                            : feedForward(g.ops, x, norm, gate, up, down);
        }
        return x;
    }

    private static Tensor feedForward(Ops ops, Tensor x, Tensor norm, Tensor gate, Tensor up, Tensor down) {
        Tensor normed = ops.rmsNorm(x, norm, EPSILON);
        return ops.addLinear(x, ops.swiGlu(ops.linear(normed, gate), ops.linear(normed, up)), down);
    }

    @ParameterizedTest
    @MethodSource("operations")
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
    @MethodSource("operations")
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
        List<String> names = operations().map(arguments -> ((ArgumentSet) arguments).getName()).toList();
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
            Tensor out = block(graph, i == 1);
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
