package dev.unmask.tests;

import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.unmask.model.Seen;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.LinearCrossEntropy;
import dev.unmask.tensor.grad.LinearCrossEntropy.Entries;
import dev.unmask.tensor.grad.LinearCrossEntropy.HiddenRows;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tests.GradientTest.Graph;

import org.junit.jupiter.params.provider.Arguments;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Every differentiable operation, with a loss of its result; see {@link GradientTest}. */
final class GradientCases {
    private static final float EPSILON = 1e-5f;

    private GradientCases() {}

    /** A name, and what records the operation and yields its loss: a {@code Function<Graph, DoubleSupplier>}. */
    static Stream<Arguments> all() {
        return Stream.of(rowsAndMaps(), normsAndActivations(), attention(), losses()).flatMap(Function.identity());
    }

    private static Arguments operation(String name, Function<Graph, DoubleSupplier> loss) {
        return argumentSet(name, loss);
    }

    /** Rows that are looked up, picked and added to, and linear maps. */
    private static Stream<Arguments> rowsAndMaps() {
        return Stream.of(
                operation(
                        "embed, an id twice",
                        g -> {
                            Tensor ids = g.integers("ids", 2, 0, 2, 4, 1);
                            return g.weightedSum(g.ops.embed(ids, g.parameter("table", 5, 3)));
                        }),
                operation(
                        "addBias",
                        g -> {
                            Tensor y = g.ops.linear(g.parameter("x", 4, 5), g.parameter("w", 3, 5));
                            g.ops.addBias(y, g.parameter("bias", 3));
                            return g.weightedSum(y);
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
                        "gatherRows",
                        g -> {
                            Tensor x = g.parameter("x", 5, 3);
                            return g.weightedSum(g.ops.gatherRows(x, g.integers("rows", 4, 0, 2), RowLimit.ALL, 3));
                        }));
    }

    /** Of each row, or each element, for itself. */
    private static Stream<Arguments> normsAndActivations() {
        return Stream.of(
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
                        "swiGlu",
                        g -> {
                            Tensor x = g.parameter("x", 4, 5);
                            Tensor gate = g.ops.linear(x, g.parameter("gate", 3, 5));
                            return g.weightedSum(g.ops.swiGlu(gate, g.ops.linear(x, g.parameter("up", 3, 5))));
                        }));
    }

    /** Of rows that look at each other. */
    private static Stream<Arguments> attention() {
        return Stream.of(
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
                        }));
    }

    /** What is computed for the rows that count alone, or twice. */
    private static Stream<Arguments> losses() {
        return Stream.of(
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
                GradientTest.dot(
                        Arrays.copyOf(ExactBackend.values(entries.weights()), live),
                        Arrays.copyOf(ExactBackend.values(entries.losses()), live));
    }

    static Tensor block(Graph g, boolean checkpointing) {
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
}
