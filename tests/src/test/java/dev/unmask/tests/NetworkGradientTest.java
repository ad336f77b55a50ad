package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.unmask.model.Linear;
import dev.unmask.model.ModelConfig;
import dev.unmask.model.Network;
import dev.unmask.model.Network.Head;
import dev.unmask.model.Network.Mlp;
import dev.unmask.model.Network.Norms;
import dev.unmask.model.Network.Positions;
import dev.unmask.model.Network.Projections;
import dev.unmask.model.ParameterSpec;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.LinearCrossEntropy;
import dev.unmask.tensor.grad.LinearCrossEntropy.Entries;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tests.GradientTest.Graph;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Gradients of whole networks of published families against central differences; see {@link GradientTest}. */
class NetworkGradientTest {
    private static final int BATCH = 2;
    private static final int LENGTH = 4;
    private static final int VOCABULARY = 7;

    static Stream<Arguments> networks() {
        return Stream.of(
                argumentSet("of METHOD 1", Network.SMDM, false),
                argumentSet(
                        "with biases of queries, keys and values, and shifted logits",
                        network(new Projections(0, false, true, false, false), new Head(false, false, false), true),
                        false),
                argumentSet(
                        "with norms of queries and keys, a head size of its own and a tied head",
                        network(new Projections(6, false, false, false, true), new Head(true, false, false), false),
                        false),
                argumentSet(
                        "with norms after each sum, learned positions, token types and a transformed, tied head",
                        new Network(
                                Norms.POST_LAYER,
                                Mlp.GELU,
                                Positions.LEARNED,
                                new Projections(0, false, true, true, false),
                                true,
                                new Head(true, true, true),
                                2,
                                false),
                        false),
                argumentSet(
                        "with all biases, checkpointed",
                        new Network(
                                Norms.PRE_RMS,
                                Mlp.SWIGLU,
                                Positions.ROTARY,
                                new Projections(0, false, true, true, false),
                                true,
                                new Head(false, true, false),
                                0,
                                true),
                        true));
    }

    private static Network network(Projections projections, Head head, boolean shifted) {
        return new Network(Norms.PRE_RMS, Mlp.SWIGLU, Positions.ROTARY, projections, false, head, 0, shifted);
    }

    @ParameterizedTest
    @MethodSource("networks")
    void everyGradientEqualsTheCentralDifference(Network network, boolean checkpointing) {
        GradientTest.requireCentralDifferences(g -> loss(g, network, checkpointing));
    }

    /**
     * The weights are no parameters of the tape: they are frozen, and the gradients of the rest are as if they were
     * not.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void adaptersAndBiasesTrainWhileWeightsAreFrozen(boolean checkpointing) {
        Network network = network(new Projections(0, false, true, false, false), new Head(false, true, false), false);
        GradientTest.requireCentralDifferences(g -> adaptedLoss(g, network, checkpointing));
    }

    /** What is dropped is the same on every pass, so that the loss is a function of the parameters. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void adaptersTrainWithDropout(boolean checkpointing) {
        Network network = network(new Projections(0, false, true, false, false), new Head(false, true, false), false);
        GradientTest.requireCentralDifferences(g -> {
            Tensor draw = g.integers("draw", 7, 0, 5, 0, 1000, 0);
            return adaptedLoss(g, g.ops.dropping(0.3f, draw), network, checkpointing);
        });
    }

    @Test
    void frozenWeightsGetNoGradient() {
        Graph g = new Graph(false);
        Network network = network(new Projections(0, false, true, false, false), new Head(false, true, false), false);
        adaptedLoss(g, network, false);
        g.tape.backward();
        List<String> written =
                g.recorder.recording().kernels().stream()
                        .flatMap(kernel -> kernel.outputs().stream())
                        .map(Tensor::name)
                        .filter(name -> name.matches("gradient of (transformer|lm_head).*"))
                        .filter(name -> name.endsWith(".weight") && !name.contains("norm") && !name.contains("ln_"))
                        .toList();
        assertEquals(List.of(), written);
    }

    private static DoubleSupplier adaptedLoss(Graph g, Network network, boolean checkpointing) {
        return adaptedLoss(g, g.ops, network, checkpointing);
    }

    private static DoubleSupplier adaptedLoss(Graph g, Ops ops, Network network, boolean checkpointing) {
        ModelConfig config = config(network);
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        Map<String, Linear.Adapter> adapters = new LinkedHashMap<>();
        for (ParameterSpec spec : config.parameters()) {
            int[] extents = extents(spec.shape());
            boolean bias = spec.name().endsWith(".bias");
            parameters.put(spec.name(), bias ? g.parameter(spec.name(), extents) : g.floats(spec.name(), extents));
            if (spec.name().contains("attn.q.") && !bias || spec.name().contains("w3.weight")) {
                Tensor down = g.parameter("down of " + spec.name(), 2, extents[1]);
                Tensor up = g.parameter("up of " + spec.name(), extents[0], 2);
                adapters.put(spec.name(), new Linear.Adapter(down, up, 1.5f));
            }
        }
        return loss(g, ops, new Transformer(g.backend, config, parameters).withAdapters(adapters), checkpointing);
    }

    private static DoubleSupplier loss(Graph g, Network network, boolean checkpointing) {
        ModelConfig config = config(network);
        Map<String, Tensor> parameters = new LinkedHashMap<>();
        for (ParameterSpec spec : config.parameters()) {
            parameters.put(spec.name(), g.parameter(spec.name(), extents(spec.shape())));
        }
        return loss(g, g.ops, new Transformer(g.backend, config, parameters), checkpointing);
    }

    private static ModelConfig config(Network network) {
        return new ModelConfig(2, 2, 8, 5, VOCABULARY, 1, false, 1e-5f, 10000, false, LENGTH, 3, network);
    }

    private static DoubleSupplier loss(Graph g, Ops ops, Transformer model, boolean checkpointing) {
        TokenBatch input = TokenBatch.allocate(g.backend, model.config(), BATCH, LENGTH);
        input.ids().set(3, 1, 6, 3, 0, 3, 3, 2);
        Entries entries =
                new Entries(
                        g.integers("rows", 0, 3, 5, 6),
                        g.integers("targets", 6, 0, 3, 2),
                        g.floats("weights", 4),
                        g.integers("count", 4),
                        g.floats("losses", 4));
        Transformer.Trunk trunk = model.trunk(ops, input, checkpointing);
        LinearCrossEntropy.record(
                ops,
                (at, rows, live, size) -> model.hiddenAt(at, trunk, rows, live, size),
                model.head(),
                model.headBias(),
                entries,
                3);
        return () -> GradientTest.dot(ExactBackend.values(entries.weights()), ExactBackend.values(entries.losses()));
    }

    private static int[] extents(Shape shape) {
        return IntStream.range(0, shape.rank()).map(shape::extent).toArray();
    }
}
