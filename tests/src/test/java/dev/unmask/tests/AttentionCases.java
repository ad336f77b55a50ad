package dev.unmask.tests;

import static dev.unmask.tests.Sight.ALL;
import static dev.unmask.tests.Sight.anyhow;
import static dev.unmask.tests.Sight.causal;
import static dev.unmask.tests.Sight.decoding;
import static dev.unmask.tests.Sight.lengths;
import static dev.unmask.tests.Sight.single;

import dev.unmask.model.Seen;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.Rope;
import dev.unmask.tensor.kernel.ScatterHeads;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The cases of attention and rotary positions. */
final class AttentionCases {
    private static final Heads TINY = new Heads(1, 1, 2);
    private static final Heads PLAIN = new Heads(2, 2, 16);
    private static final Heads GROUPED = new Heads(6, 2, 34);
    private static final Heads SHARED = new Heads(3, 1, 6);
    private static final Heads PUBLISHED = new Heads(4, 4, 64);
    private static final Heads LARGE = new Heads(2, 1, 128);

    private AttentionCases() {}

    /** Where heads stand. */
    private enum Layout {
        /** Queries, keys and values in the same rows, group after group. */
        FUSED,
        /** Each kind in a tensor of its own, with columns before and behind that are none of attention's business. */
        APART,
        /** Queries in fused rows; keys and values in the rows of a cache. */
        CACHED
    }

    private record Rotation(Heads heads, boolean all, int rows, int positions, boolean inverse) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            int half = heads.size() / 2;
            Tensor fused = o.floats("fused", 2, rows, heads.fusedWidth());
            return new Rope(
                    all ? heads.queriesAndKeysOf(fused) : heads.keysOf(fused),
                    o.integers("positions", positions, rows),
                    o.floats("table", i -> angle(i, half), positions, heads.size()),
                    inverse);
        }

        private static double angle(int index, int half) {
            int position = index / (2 * half);
            int i = index % (2 * half);
            double angle = position * Math.pow(10_000, -(double) (i % half) / half);
            return i < half ? Math.cos(angle) : Math.sin(angle);
        }
    }

    private record Keeping(Heads heads, int rows, int room) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            Tensor cache = o.floats("cache", 1, room, 2 * heads.groups() * heads.size());
            return new ScatterHeads(
                    heads.valuesOf(o.floats("fused", 2, rows, heads.fusedWidth())),
                    o.liveDistinct("rows", room, CaseOperands.Live.ALL, rows, rows),
                    HeadRows.of(cache, heads.groups() * heads.size(), heads.groups(), heads.size()));
        }
    }

    /** Queries, keys and values, or their gradients. */
    private record Parts(HeadRows queries, HeadRows keys, HeadRows values) {
        /**
         * Parts in a layout.
         *
         * @param made from name, rows and columns to a tensor
         */
        static Parts of(Layout layout, Heads heads, int queryRows, int keyRows, Made made) {
            int width = heads.groups() * heads.size();
            return switch (layout) {
                case FUSED -> {
                    Tensor fused = made.of("fused", queryRows, heads.fusedWidth(), 0, heads.fusedWidth());
                    Tensor others =
                            keyRows == queryRows
                                    ? fused
                                    : made.of("others", keyRows, heads.fusedWidth(), 0, heads.fusedWidth());
                    yield new Parts(heads.queriesOf(fused), heads.keysOf(others), heads.valuesOf(others));
                }
                case APART ->
                        new Parts(
                                HeadRows.of(
                                        made.of("queries", queryRows, heads.width() + 3, 2, heads.width()),
                                        2,
                                        heads.count(),
                                        heads.size()),
                                HeadRows.of(made.of("keys", keyRows, width, 0, width), 0, heads.groups(), heads.size()),
                                HeadRows.of(
                                        made.of("values", keyRows, width + 5, 5, width),
                                        5,
                                        heads.groups(),
                                        heads.size()));
                case CACHED -> {
                    Tensor cache = made.of("cache", keyRows, 2 * width, 0, 2 * width);
                    yield new Parts(
                            heads.queriesOf(made.of("fused", queryRows, heads.fusedWidth(), 0, heads.fusedWidth())),
                            HeadRows.of(cache, 0, heads.groups(), heads.size()),
                            HeadRows.of(cache, width, heads.groups(), heads.size()));
                }
            };
        }

        interface Made {
            /** A tensor of which only {@code taken} columns from {@code first} on are looked at. */
            Tensor of(String name, int rows, int columns, int first, int taken);
        }

        static Made random(CaseOperands o, double magnitude) {
            return (name, rows, columns, first, taken) -> o.someColumns(name, magnitude, first, taken, rows, columns);
        }
    }

    private record Forward(
            Layout layout,
            Heads heads,
            int batch,
            int queries,
            int keys,
            Sight sight,
            double magnitude,
            Precision precision)
            implements KernelCase {
        Forward(Heads heads, int batch, int queries, int keys, Sight sight, double magnitude, Precision precision) {
            this(Layout.FUSED, heads, batch, queries, keys, sight, magnitude, precision);
        }

        @Override
        public Kernel on(CaseOperands o) {
            Parts parts = Parts.of(layout, heads, batch * queries, batch * keys, Parts.random(o, magnitude));
            return new Attention(
                    parts.queries,
                    parts.keys,
                    parts.values,
                    batch,
                    sight.on(o),
                    o.unwritten("out", batch * queries, heads.width()),
                    o.unwritten("log-sum-exp", batch, heads.count(), queries),
                    precision);
        }
    }

    private record Backward(
            Layout layout,
            Heads heads,
            int batch,
            int queries,
            int keys,
            Sight sight,
            double magnitude,
            double gradient,
            Precision precision)
            implements KernelCase {
        Backward(Heads heads, int batch, int length, Sight sight, double magnitude, Precision precision) {
            this(Layout.FUSED, heads, batch, length, length, sight, magnitude, 1, precision);
        }

        @Override
        public Kernel on(CaseOperands o) {
            Parts parts = Parts.of(layout, heads, batch * queries, batch * keys, Parts.random(o, magnitude));
            Attention forward = forward(o, parts);
            Parts gradients =
                    Parts.of(
                            layout == Layout.CACHED ? Layout.APART : layout,
                            heads,
                            batch * queries,
                            batch * keys,
                            (name, rows, columns, _, _) -> o.unwritten("gradient of " + name, rows, columns));
            return new AttentionBackward(
                    parts.queries,
                    parts.keys,
                    parts.values,
                    batch,
                    sight.on(o),
                    o.floats("out", i -> ExactBackend.values(forward.out())[i], batch * queries, heads.width()),
                    o.floats(
                            "log-sum-exp",
                            i -> ExactBackend.values(forward.logSumExp())[i],
                            batch,
                            heads.count(),
                            queries),
                    o.floats("gradient of out", gradient, batch * queries, heads.width()),
                    o.unwritten("delta", batch, heads.count(), queries),
                    gradients.queries,
                    gradients.keys,
                    gradients.values,
                    precision);
        }

        Backward withGradient(double value) {
            return new Backward(layout, heads, batch, queries, keys, sight, magnitude, value, precision);
        }

        private Attention forward(CaseOperands o, Parts parts) {
            ExactBackend reference = new ExactBackend();
            Map<Tensor, Tensor> copies = new HashMap<>();
            for (HeadRows heads : List.of(parts.queries, parts.keys, parts.values)) {
                copies.computeIfAbsent(
                        heads.tensor(),
                        tensor -> {
                            Tensor copy = reference.allocate(tensor.name(), DType.F32, tensor.shape());
                            double[] values = o.values(tensor);
                            System.arraycopy(values, 0, ExactBackend.values(copy), 0, values.length);
                            return copy;
                        });
            }
            Attention forward =
                    new Attention(
                            parts.queries.in(copies.get(parts.queries.tensor())),
                            parts.keys.in(copies.get(parts.keys.tensor())),
                            parts.values.in(copies.get(parts.values.tensor())),
                            batch,
                            sight.on(reference),
                            reference.allocate("out", DType.F32, Shape.of(batch * queries, heads.width())),
                            reference.allocate("sums", DType.F32, Shape.of(batch, heads.count(), queries)),
                            precision);
            reference.run(forward);
            return forward;
        }
    }

    static List<KernelCase> all() {
        List<KernelCase> cases = new ArrayList<>();
        for (boolean inverse : new boolean[] {false, true}) {
            cases.add(new Rotation(new Heads(1, 1, 2), true, 1, 1, inverse));
            cases.add(new Rotation(new Heads(4, 4, 64), true, 17, 40, inverse));
            cases.add(new Rotation(new Heads(6, 2, 34), true, 33, 2000, inverse));
            cases.add(new Rotation(new Heads(6, 2, 34), false, 33, 2000, inverse));
            cases.add(new Rotation(new Heads(3, 1, 6), true, 130, 130, inverse));
        }
        cases.add(new Keeping(TINY, 1, 1));
        cases.add(new Keeping(GROUPED, 5, 17));
        cases.add(new Keeping(PUBLISHED, 130, 300));
        for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
            cases.addAll(forward(precision));
            cases.addAll(backward(precision));
            cases.addAll(ofBlocks(precision));
            for (double gradient : new double[] {1e-7, 1e-20, 1e-30, 1e-38, 1e30}) {
                cases.addAll(steep(gradient, precision));
            }
        }
        return cases;
    }

    private static List<KernelCase> forward(Precision precision) {
        return List.of(
                new Forward(TINY, 1, 1, 1, ALL, 1, precision),
                new Forward(TINY, 1, 1, 1, causal(1, 1), 1, precision),
                new Forward(PLAIN, 2, 17, 17, ALL, 1, precision),
                new Forward(PLAIN, 2, 17, 17, causal(2, 17), 1, precision),
                new Forward(PLAIN, 3, 17, 17, lengths(17, 0, 17, 5), 1, precision),
                new Forward(GROUPED, 2, 33, 33, ALL, 1, precision),
                new Forward(GROUPED, 2, 33, 33, causal(2, 33), 1, precision),
                new Forward(GROUPED, 3, 33, 33, lengths(33, 1, 32, 33), 1, precision),
                new Forward(SHARED, 1, 70, 70, lengths(70, 69), 1, precision),
                new Forward(PUBLISHED, 2, 129, 129, ALL, 1, precision),
                new Forward(PUBLISHED, 2, 129, 129, causal(2, 129), 1, precision),
                new Forward(LARGE, 1, 67, 67, ALL, 1, precision),
                new Forward(LARGE, 1, 67, 67, causal(1, 67), 1, precision),
                new Forward(PLAIN, 1, 300, 300, ALL, 1, precision),
                new Forward(PLAIN, 1, 300, 300, causal(1, 300), 1, precision),
                new Forward(GROUPED, 1, 270, 270, lengths(270, 211), 1, precision),
                new Forward(PLAIN, 1, 33, 33, ALL, 20, precision),
                new Forward(PLAIN, 1, 33, 33, causal(1, 33), 20, precision),
                new Forward(GROUPED, 2, 33, 33, lengths(33, 1, 33), 10, precision),
                new Forward(Layout.CACHED, PUBLISHED, 1, 3, 129, ALL, 10, precision),
                new Forward(Layout.CACHED, PUBLISHED, 1, 3, 129, decoding(3, 129, 129), 10, precision),
                new Forward(PUBLISHED, 1, 129, 129, ALL, 1e15, precision),
                new Forward(PUBLISHED, 1, 129, 129, causal(1, 129), 1e15, precision),
                new Forward(Layout.CACHED, PLAIN, 1, 1, 70, ALL, 1, precision),
                new Forward(Layout.CACHED, PLAIN, 1, 1, 70, decoding(1, 70, 70), 1, precision),
                new Forward(Layout.CACHED, GROUPED, 2, 3, 33, decoding(3, 33, 20, 33), 1, precision),
                new Forward(Layout.CACHED, GROUPED, 3, 5, 17, decoding(5, 17, 0, 3, 17), 1, precision),
                new Forward(Layout.CACHED, PUBLISHED, 1, 17, 300, decoding(17, 300, 257), 1, precision),
                new Forward(PUBLISHED, 1, 530, 530, ALL, 1, precision),
                new Forward(PUBLISHED, 1, 530, 530, causal(1, 530), 1, precision),
                new Forward(Layout.APART, GROUPED, 2, 33, 33, ALL, 1, precision),
                new Forward(Layout.APART, PUBLISHED, 1, 150, 150, causal(1, 150), 1, precision),
                new Forward(Layout.APART, GROUPED, 2, 70, 133, anyhow(2, 70, 133), 1, precision),
                new Forward(PLAIN, 1, 200, 200, single(1, 200, 200), 1, precision));
    }

    private static List<KernelCase> backward(Precision precision) {
        return List.of(
                new Backward(TINY, 1, 1, ALL, 1, precision),
                new Backward(TINY, 1, 1, causal(1, 1), 1, precision),
                new Backward(PLAIN, 2, 17, ALL, 1, precision),
                new Backward(PLAIN, 2, 17, causal(2, 17), 1, precision),
                new Backward(PLAIN, 3, 17, lengths(17, 0, 17, 5), 1, precision),
                new Backward(GROUPED, 2, 33, ALL, 1, precision),
                new Backward(GROUPED, 2, 33, causal(2, 33), 1, precision),
                new Backward(GROUPED, 3, 33, lengths(33, 1, 32, 33), 1, precision),
                new Backward(SHARED, 1, 70, lengths(70, 69), 1, precision),
                new Backward(PUBLISHED, 2, 129, ALL, 1, precision),
                new Backward(PUBLISHED, 2, 129, causal(2, 129), 1, precision),
                new Backward(LARGE, 1, 67, ALL, 1, precision),
                new Backward(LARGE, 1, 67, causal(1, 67), 1, precision),
                new Backward(PLAIN, 1, 300, lengths(300, 211), 1, precision),
                new Backward(PLAIN, 1, 33, ALL, 6, precision),
                new Backward(PLAIN, 1, 33, causal(1, 33), 6, precision),
                new Backward(Layout.APART, GROUPED, 2, 33, 33, ALL, 1, 1, precision),
                new Backward(Layout.APART, PUBLISHED, 1, 150, 150, causal(1, 150), 1, 1, precision),
                new Backward(Layout.CACHED, GROUPED, 2, 70, 133, anyhow(2, 70, 133), 1, 1, precision),
                new Backward(PLAIN, 1, 200, single(1, 200, 200), 1, precision));
    }

    /** Scores spread over ±60 and further: weights from one down to nothing, times gradients of any size. */
    private static List<KernelCase> steep(double gradient, Precision precision) {
        return Stream.of(
                        new Backward(PLAIN, 1, 70, ALL, 10, precision),
                        new Backward(PLAIN, 1, 70, causal(1, 70), 10, precision),
                        new Backward(GROUPED, 2, 17, lengths(17, 1, 0), 10, precision),
                        new Backward(GROUPED, 1, 80, single(1, 80, 80), 10, precision),
                        new Backward(PUBLISHED, 1, 67, lengths(67, 66), 10, precision))
                .<KernelCase>map(each -> each.withGradient(gradient))
                .toList();
    }

    /** Sequences whose parts do not all see each other, forward and backward. */
    private static List<KernelCase> ofBlocks(Precision precision) {
        List<KernelCase> cases = new ArrayList<>();
        sights().forEach((length, sight) -> {
            cases.add(new Forward(PLAIN, 2, length, length, sight, 1, precision));
            cases.add(new Backward(GROUPED, 2, length, sight, 1, precision));
        });
        return cases;
    }

    private static Map<Integer, Sight> sights() {
        Map<Integer, Sight> sights = new LinkedHashMap<>();
        sights.put(50, Sight.of("blocks of 8", Seen.blockCausal(2, 50, 8)));
        sights.put(260, Sight.of("blocks of 100", Seen.blockCausal(2, 260, 100)));
        sights.put(40, Sight.of("block diffusion, 6", Seen.blockDiffusion(2, 20, 6)));
        sights.put(280, Sight.of("block diffusion, 32", Seen.blockDiffusion(2, 140, 32)));
        List<int[]> documents = List.of(new int[] {70, 1, 130, 0, 90}, new int[] {150});
        sights.put(300, Sight.of("documents", Seen.documents(300, false, documents)));
        sights.put(291, Sight.of("causal documents", Seen.documents(291, true, documents)));
        return sights;
    }
}
