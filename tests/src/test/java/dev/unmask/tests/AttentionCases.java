package dev.unmask.tests;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Kernel;
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
            Heads heads, int batch, int queries, int keys, boolean causal, List<Integer> lengths, double magnitude)
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
                    o.unwritten("log-sum-exp", batch, heads.count(), queries));
        }
    }

    private record Backward(Heads heads, int batch, int length, boolean causal, List<Integer> lengths, double magnitude)
            implements KernelCase {
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
                    o.floats("out", i -> ReferenceBackend.values(forward.out())[i], batch * length, heads.width()),
                    o.floats(
                            "log-sum-exp",
                            i -> ReferenceBackend.values(forward.logSumExp())[i],
                            batch,
                            heads.count(),
                            length),
                    o.floats("gradient of out", 1, batch * length, heads.width()),
                    o.unwritten("delta", batch, heads.count(), length),
                    o.unwritten("gradient of fused", batch * length, heads.fusedWidth()));
        }

        private Attention forward(double[] fused) {
            ReferenceBackend reference = new ReferenceBackend();
            Tensor input = reference.allocate("fused", DType.F32, Shape.of(batch * length, heads.fusedWidth()));
            System.arraycopy(fused, 0, ReferenceBackend.values(input), 0, fused.length);
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
                            reference.allocate("sums", DType.F32, Shape.of(batch, heads.count(), length)));
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
        Heads tiny = new Heads(1, 1, 2);
        Heads plain = new Heads(2, 2, 16);
        Heads grouped = new Heads(6, 2, 34);
        Heads shared = new Heads(3, 1, 6);
        Heads published = new Heads(4, 4, 64);
        for (boolean causal : new boolean[] {BIDIRECTIONAL, CAUSAL}) {
            cases.add(new Forward(tiny, 1, 1, 1, causal, full(), 1));
            cases.add(new Forward(plain, 2, 17, 17, causal, full(), 1));
            cases.add(new Forward(plain, 3, 17, 17, causal, List.of(0, 17, 5), 1));
            cases.add(new Forward(grouped, 2, 33, 33, causal, full(), 1));
            cases.add(new Forward(grouped, 3, 33, 33, causal, List.of(1, 32, 33), 1));
            cases.add(new Forward(shared, 1, 70, 70, causal, List.of(69), 1));
            cases.add(new Forward(published, 2, 129, 129, causal, full(), 1));
            cases.add(new Forward(new Heads(2, 1, 128), 1, 67, 67, causal, full(), 1));
            cases.add(new Forward(plain, 1, 300, 300, causal, full(), 1));
            cases.add(new Forward(grouped, 1, 270, 270, causal, List.of(211), 1));
            cases.add(new Forward(plain, 1, 33, 33, causal, full(), 20));
            cases.add(new Forward(plain, 1, 1, 70, causal, full(), 1));
            cases.add(new Forward(grouped, 2, 3, 33, causal, List.of(20, 33), 1));
            cases.add(new Forward(grouped, 3, 5, 17, causal, List.of(0, 3, 17), 1));
            cases.add(new Forward(published, 1, 17, 300, causal, List.of(257), 1));
            cases.add(new Backward(tiny, 1, 1, causal, full(), 1));
            cases.add(new Backward(plain, 2, 17, causal, full(), 1));
            cases.add(new Backward(plain, 3, 17, causal, List.of(0, 17, 5), 1));
            cases.add(new Backward(grouped, 2, 33, causal, full(), 1));
            cases.add(new Backward(grouped, 3, 33, causal, List.of(1, 32, 33), 1));
            cases.add(new Backward(shared, 1, 70, causal, List.of(69), 1));
            cases.add(new Backward(published, 2, 129, causal, full(), 1));
            cases.add(new Backward(new Heads(2, 1, 128), 1, 67, causal, full(), 1));
            cases.add(new Backward(plain, 1, 300, causal, List.of(211), 1));
            cases.add(new Backward(plain, 1, 33, causal, full(), 6));
        }
        return cases;
    }
}
