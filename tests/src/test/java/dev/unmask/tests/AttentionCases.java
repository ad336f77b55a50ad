package dev.unmask.tests;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Kernel;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Rope;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The cases of attention and rotary positions. */
final class AttentionCases {
    private static final boolean CAUSAL = true;
    private static final boolean BIDIRECTIONAL = false;

    private static final Heads TINY = new Heads(1, 1, 2);
    private static final Heads PLAIN = new Heads(2, 2, 16);
    private static final Heads GROUPED = new Heads(6, 2, 34);
    private static final Heads SHARED = new Heads(3, 1, 6);
    private static final Heads PUBLISHED = new Heads(4, 4, 64);
    private static final Heads LARGE = new Heads(2, 1, 128);

    private AttentionCases() {}

    /** Every sequence has all its keys. */
    private static List<Integer> full() {
        return List.of();
    }

    private record Rotation(Heads heads, int rows, int positions, boolean inverse) implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            int half = heads.size() / 2;
            return new Rope(
                    o.floats("fused", 2, rows, heads.fusedWidth()),
                    heads,
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

    private record Forward(
            Heads heads,
            int batch,
            int queries,
            int keys,
            boolean causal,
            List<Integer> lengths,
            double magnitude,
            Precision precision)
            implements KernelCase {
        @Override
        public Kernel on(CaseOperands o) {
            Tensor q = o.floats("queries", magnitude, batch * queries, heads.fusedWidth());
            Tensor kv = keys == queries ? q : o.floats("cache", magnitude, batch * keys, heads.fusedWidth());
            return new Attention(
                    q,
                    kv,
                    heads,
                    batch,
                    causal,
                    limits(o, lengths),
                    o.unwritten("out", batch * queries, heads.width()),
                    o.unwritten("log-sum-exp", batch, heads.count(), queries),
                    precision);
        }
    }

    private record Backward(
            Heads heads,
            int batch,
            int length,
            boolean causal,
            List<Integer> lengths,
            double magnitude,
            double gradient,
            Precision precision)
            implements KernelCase {
        Backward(
                Heads heads,
                int batch,
                int length,
                boolean causal,
                List<Integer> lengths,
                double magnitude,
                Precision precision) {
            this(heads, batch, length, causal, lengths, magnitude, 1, precision);
        }

        @Override
        public Kernel on(CaseOperands o) {
            Tensor fused = o.floats("fused", magnitude, batch * length, heads.fusedWidth());
            Optional<Tensor> limits = limits(o, lengths);
            Attention forward = forward(o.values(fused));
            return new AttentionBackward(
                    fused,
                    heads,
                    batch,
                    causal,
                    limits,
                    o.floats("out", i -> ExactBackend.values(forward.out())[i], batch * length, heads.width()),
                    o.floats(
                            "log-sum-exp",
                            i -> ExactBackend.values(forward.logSumExp())[i],
                            batch,
                            heads.count(),
                            length),
                    o.floats("gradient of out", gradient, batch * length, heads.width()),
                    o.unwritten("delta", batch, heads.count(), length),
                    o.unwritten("gradient of fused", batch * length, heads.fusedWidth()),
                    precision);
        }

        private Attention forward(double[] fused) {
            ExactBackend reference = new ExactBackend();
            Tensor input = reference.allocate("fused", DType.F32, Shape.of(batch * length, heads.fusedWidth()));
            System.arraycopy(fused, 0, ExactBackend.values(input), 0, fused.length);
            Tensor limits = reference.allocate("lengths", DType.I32, Shape.of(batch));
            limits.set(lengths.isEmpty() ? filled(batch, length) : array(lengths));
            Attention forward =
                    new Attention(
                            input,
                            input,
                            heads,
                            batch,
                            causal,
                            Optional.of(limits),
                            reference.allocate("out", DType.F32, Shape.of(batch * length, heads.width())),
                            reference.allocate("sums", DType.F32, Shape.of(batch, heads.count(), length)),
                            precision);
            reference.run(forward);
            return forward;
        }
    }

    private static Optional<Tensor> limits(CaseOperands o, List<Integer> lengths) {
        return lengths.isEmpty() ? Optional.empty() : Optional.of(o.integers("lengths", lengths::get, lengths.size()));
    }

    private static int[] filled(int size, int value) {
        int[] values = new int[size];
        Arrays.fill(values, value);
        return values;
    }

    private static int[] array(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }

    static List<KernelCase> all() {
        List<KernelCase> cases = new ArrayList<>();
        for (boolean inverse : new boolean[] {false, true}) {
            cases.add(new Rotation(new Heads(1, 1, 2), 1, 1, inverse));
            cases.add(new Rotation(new Heads(4, 4, 64), 17, 40, inverse));
            cases.add(new Rotation(new Heads(6, 2, 34), 33, 2000, inverse));
            cases.add(new Rotation(new Heads(3, 1, 6), 130, 130, inverse));
        }
        for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
            for (boolean causal : new boolean[] {BIDIRECTIONAL, CAUSAL}) {
                cases.addAll(forward(causal, precision));
                cases.addAll(backward(causal, precision));
                for (double gradient : new double[] {1e-7, 1e-20, 1e-30, 1e-38, 1e30}) {
                    cases.addAll(steep(causal, gradient, precision));
                }
            }
        }
        return cases;
    }

    private static List<KernelCase> forward(boolean causal, Precision precision) {
        return List.of(
                new Forward(TINY, 1, 1, 1, causal, full(), 1, precision),
                new Forward(PLAIN, 2, 17, 17, causal, full(), 1, precision),
                new Forward(PLAIN, 3, 17, 17, causal, List.of(0, 17, 5), 1, precision),
                new Forward(GROUPED, 2, 33, 33, causal, full(), 1, precision),
                new Forward(GROUPED, 3, 33, 33, causal, List.of(1, 32, 33), 1, precision),
                new Forward(SHARED, 1, 70, 70, causal, List.of(69), 1, precision),
                new Forward(PUBLISHED, 2, 129, 129, causal, full(), 1, precision),
                new Forward(LARGE, 1, 67, 67, causal, full(), 1, precision),
                new Forward(PLAIN, 1, 300, 300, causal, full(), 1, precision),
                new Forward(GROUPED, 1, 270, 270, causal, List.of(211), 1, precision),
                new Forward(PLAIN, 1, 33, 33, causal, full(), 20, precision),
                new Forward(GROUPED, 2, 33, 33, causal, List.of(1, 33), 10, precision),
                new Forward(PUBLISHED, 1, 3, 129, causal, full(), 10, precision),
                new Forward(PUBLISHED, 1, 129, 129, causal, full(), 1e15, precision),
                new Forward(PLAIN, 1, 1, 70, causal, full(), 1, precision),
                new Forward(GROUPED, 2, 3, 33, causal, List.of(20, 33), 1, precision),
                new Forward(GROUPED, 3, 5, 17, causal, List.of(0, 3, 17), 1, precision),
                new Forward(PUBLISHED, 1, 17, 300, causal, List.of(257), 1, precision),
                new Forward(PUBLISHED, 1, 530, 530, causal, full(), 1, precision));
    }

    private static List<KernelCase> backward(boolean causal, Precision precision) {
        return List.of(
                new Backward(TINY, 1, 1, causal, full(), 1, precision),
                new Backward(PLAIN, 2, 17, causal, full(), 1, precision),
                new Backward(PLAIN, 3, 17, causal, List.of(0, 17, 5), 1, precision),
                new Backward(GROUPED, 2, 33, causal, full(), 1, precision),
                new Backward(GROUPED, 3, 33, causal, List.of(1, 32, 33), 1, precision),
                new Backward(SHARED, 1, 70, causal, List.of(69), 1, precision),
                new Backward(PUBLISHED, 2, 129, causal, full(), 1, precision),
                new Backward(LARGE, 1, 67, causal, full(), 1, precision),
                new Backward(PLAIN, 1, 300, causal, List.of(211), 1, precision),
                new Backward(PLAIN, 1, 33, causal, full(), 6, precision));
    }

    /** Scores spread over ±60 and further: weights from one down to nothing, times gradients of any size. */
    private static List<KernelCase> steep(boolean causal, double gradient, Precision precision) {
        return List.of(
                new Backward(PLAIN, 1, 70, causal, full(), 10, gradient, precision),
                new Backward(GROUPED, 2, 17, causal, List.of(1, 0), 10, gradient, precision),
                new Backward(PUBLISHED, 1, 67, causal, List.of(66), 10, gradient, precision));
    }
}
