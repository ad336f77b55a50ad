package dev.unmask.tests;

import dev.unmask.model.Seen;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;

import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Who sees whom, under a name. */
record Sight(String name, Optional<int[]> ranges) {
    static final Sight ALL = new Sight("all", Optional.empty());

    static Sight of(String name, Seen seen) {
        return new Sight(name, Optional.of(seen.ranges()));
    }

    static Sight causal(int batch, int length) {
        return of("causal", Seen.causal(batch, length));
    }

    static Sight lengths(int length, int... lengths) {
        return of("lengths " + Arrays.toString(lengths), Seen.lengths(length, lengths));
    }

    /** The last queries of sequences of some lengths, of which each sees itself and what is before it. */
    static Sight decoding(int queries, int keys, int... lengths) {
        Seen seen = new Seen(lengths.length, queries, keys);
        for (int b = 0; b < lengths.length; b++) {
            for (int i = 0; i < queries; i++) {
                seen.see(b, i, 0, Math.max(0, lengths[b] - queries + i + 1));
            }
        }
        return of("decoding " + Arrays.toString(lengths), seen);
    }

    /** Ranges of any place and size, none among them, and some that reach out of the sequence. */
    static Sight anyhow(int batch, int queries, int keys) {
        SplittableRandom random = new SplittableRandom(keys);
        int[] ranges =
                IntStream.range(0, batch * queries * Attention.RANGES)
                        .map(i -> random.nextInt(i % 2 == 0 ? keys + 1 : keys / 2 + 1))
                        .toArray();
        return new Sight("anyhow", Optional.of(ranges));
    }

    /** One key each, in the first range or the second; every fifth sees none. */
    static Sight single(int batch, int queries, int keys) {
        Seen seen = new Seen(batch, queries, keys);
        for (int row = 0; row < batch * queries; row++) {
            int count = row % 5 == 4 ? 0 : 1;
            int key = row * 37 % keys;
            seen.see(row / queries, row % queries, key, count * (row % 2), key, count * (1 - row % 2));
        }
        return of("single", seen);
    }

    Optional<Tensor> on(CaseOperands o) {
        return ranges.map(r -> o.integers("seen", i -> r[i], r.length / Attention.RANGES, Attention.RANGES));
    }

    Optional<Tensor> on(ExactBackend backend) {
        return ranges.map(r -> {
            Tensor seen = backend.allocate("seen", DType.I32, Shape.of(r.length / Attention.RANGES, 4));
            seen.set(r);
            return seen;
        });
    }

    @Override
    public String toString() {
        return name;
    }
}
