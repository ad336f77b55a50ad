package dev.unmask.tornado;

import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tornado.AttentionTiles.Tile;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Attention by products of a library and kernels that go over scores, piece by piece: where sequences are long, its
 * products are nearly all of the work. See {@link AttentionTiles}.
 */
final class AttentionProducts {
    /** Shorter sequences are left to the kernels that do all at once: each product of a library is a launch. */
    private static final int SHORTEST = 64;

    private final Operands operands;
    private final Consumer<Step> steps;

    /** Query heads, those of a group, sequences, and queries, keys of each, elements of a head. */
    private record Sizes(int heads, int perGroup, int batch, int queries, int keys, int size) {
        static Sizes of(Attention k) {
            return new Sizes(k.heads(), k.heads() / k.groups(), k.batch(), k.queryLength(), k.keyLength(), k.size());
        }

        static Sizes of(AttentionBackward k) {
            return new Sizes(k.heads(), k.heads() / k.groups(), k.batch(), k.queryLength(), k.keyLength(), k.size());
        }

        int groups() {
            return heads / perGroup;
        }

        List<Tile> tiles() {
            return AttentionTiles.of(perGroup, groups(), batch, queries, keys);
        }

        /** Floats for the scores of a piece. */
        int scores() {
            return Math.toIntExact(Space.rounded(AttentionTiles.largest(perGroup, groups(), batch, queries, keys)));
        }
    }

    /**
     * What both ways have.
     *
     * @param sizes how much of it
     * @param queries where they are
     * @param keys where they are
     * @param values where they are
     * @param out where the result is, or its gradient
     * @param logSumExp address, {@code [B, H, Tq]}
     * @param seen address of the ranges of keys that each query sees, or none
     * @param precision of products
     * @param scores address of room for the scores of a piece; behind it as much for their gradient
     */
    private record Operands(
            Sizes sizes,
            HeadPlaces queries,
            HeadPlaces keys,
            HeadPlaces values,
            HeadPlaces out,
            long logSumExp,
            long seen,
            Precision precision,
            long scores) {}

    /**
     * Where gradients go.
     *
     * @param queries of queries
     * @param keys of keys
     * @param values of values
     * @param delta address, {@code [B, H, T]}
     */
    private record Gradients(HeadPlaces queries, HeadPlaces keys, HeadPlaces values, long delta) {}

    /**
     * Attention of some operands.
     *
     * @param operands where they are
     * @param steps takes what is to be done
     */
    private AttentionProducts(Operands operands, Consumer<Step> steps) {
        this.operands = operands;
        this.steps = steps;
    }

    /**
     * Whether this is the way. A product looks at every key and value, if only to multiply it by zero: what is seen by
     * nobody is finite.
     */
    static boolean fits(Attention k) {
        return Math.min(k.queryLength(), k.keyLength()) >= SHORTEST
                && fit(k.groups(), k.queries(), k.keys(), k.values());
    }

    /** Whether this is the way. */
    static boolean fits(AttentionBackward k) {
        return Math.min(k.queryLength(), k.keyLength()) >= SHORTEST
                && fit(
                        k.groups(),
                        k.queries(),
                        k.keys(),
                        k.values(),
                        k.queryGradient(),
                        k.keyGradient(),
                        k.valueGradient());
    }

    private static boolean fit(int groups, HeadRows... operands) {
        return Stream.of(operands).allMatch(heads -> HeadPlaces.fits(heads, groups));
    }

    /** Floats that a kernel keeps scores in. */
    static long workspaceElements(Kernel kernel) {
        return switch (kernel) {
            case Attention k when fits(k) ->
                    Sizes.of(k).scores()
                            + rounded(k.precision(), k.queries().tensor(), k.keys().tensor(), k.values().tensor());
            case AttentionBackward k when fits(k) ->
                    2L * Sizes.of(k).scores()
                            + rounded(
                                    k.precision(),
                                    k.queries().tensor(),
                                    k.keys().tensor(),
                                    k.values().tensor(),
                                    k.outGradient());
            default -> 0;
        };
    }

    /** Floats for the factors of products, if they are to be rounded. */
    private static long rounded(Precision precision, Tensor... factors) {
        return precision == Precision.BF16
                ? Stream.of(factors).distinct().mapToLong(f -> Space.rounded(f.shape().elements())).sum()
                : 0;
    }

    /** Pieces that the scores of a kernel are cut into. */
    static int pieces(Kernel kernel) {
        return switch (kernel) {
            case Attention k when fits(k) -> Sizes.of(k).tiles().size();
            case AttentionBackward k when fits(k) -> Sizes.of(k).tiles().size();
            default -> 0;
        };
    }

    /** Adds what a kernel does. */
    static void forward(Attention k, ToLongFunction<Tensor> at, long seen, long workspace, Consumer<Step> steps) {
        Sizes sizes = Sizes.of(k);
        Factors factors = new Factors(k.precision(), workspace + sizes.scores(), at, steps);
        new AttentionProducts(
                        new Operands(
                                sizes,
                                factors.places(k.queries(), sizes.queries, sizes),
                                factors.places(k.keys(), sizes.keys, sizes),
                                factors.places(k.values(), sizes.keys, sizes),
                                out(at.applyAsLong(k.out()), sizes),
                                at.applyAsLong(k.logSumExp()),
                                seen,
                                factors.precision(),
                                workspace),
                        steps)
                .forward();
    }

    /** Adds what a kernel does, but for delta, which is there already. */
    static void backward(
            AttentionBackward k, ToLongFunction<Tensor> at, long seen, long workspace, Consumer<Step> steps) {
        Sizes sizes = Sizes.of(k);
        Factors factors = new Factors(k.precision(), workspace + 2 * sizes.scores(), at, steps);
        new AttentionProducts(
                        new Operands(
                                sizes,
                                factors.places(k.queries(), sizes.queries, sizes),
                                factors.places(k.keys(), sizes.keys, sizes),
                                factors.places(k.values(), sizes.keys, sizes),
                                out(factors.of(k.outGradient()), sizes),
                                at.applyAsLong(k.logSumExp()),
                                seen,
                                factors.precision(),
                                workspace),
                        steps)
                .backward(
                        new Gradients(
                                places(k.queryGradient(), at, sizes.queries, sizes),
                                places(k.keyGradient(), at, sizes.keys, sizes),
                                places(k.valueGradient(), at, sizes.keys, sizes),
                                at.applyAsLong(k.delta())));
    }

    private static HeadPlaces places(HeadRows heads, ToLongFunction<Tensor> at, int length, Sizes sizes) {
        return HeadPlaces.of(heads, at.applyAsLong(heads.tensor()), length, sizes.groups());
    }

    private static HeadPlaces out(long address, Sizes sizes) {
        return new HeadPlaces(
                address, sizes.queries, sizes.heads * sizes.size, sizes.perGroup * sizes.size, sizes.size);
    }

    /**
     * Factors that come from memory, as they are, or rounded to bfloat16 behind the scores. They are multiplied as TF32
     * then, which has all the bits of bfloat16, so that weights and their gradients, which are not rounded to it, keep
     * more.
     */
    private static final class Factors {
        private final Precision precision;
        private final ToLongFunction<Tensor> at;
        private final Consumer<Step> steps;
        private final Map<Tensor, Long> rounded = new HashMap<>();
        private long room;

        Factors(Precision precision, long room, ToLongFunction<Tensor> at, Consumer<Step> steps) {
            this.precision = precision;
            this.room = room;
            this.at = at;
            this.steps = steps;
        }

        Precision precision() {
            return precision == Precision.BF16 ? Precision.TF32 : precision;
        }

        HeadPlaces places(HeadRows heads, int length, Sizes sizes) {
            return HeadPlaces.of(heads, of(heads.tensor()), length, sizes.groups());
        }

        /** Where a factor is: each is rounded once, however many kinds of heads it holds. */
        long of(Tensor factor) {
            return precision == Precision.BF16 ? rounded.computeIfAbsent(factor, this::round) : at.applyAsLong(factor);
        }

        private long round(Tensor factor) {
            long address = room;
            int elements = Math.toIntExact(factor.shape().elements());
            room += Space.rounded(elements);
            int elementsOfGroup = Entry.ROUND.threadsX() * ElementKernels.ELEMENTS;
            int groups = (int) ((elements + elementsOfGroup - 1L) / elementsOfGroup);
            steps.accept(new Launch(Entry.ROUND, groups, 1, at.applyAsLong(factor), address, elements));
            return address;
        }
    }

    private void forward() {
        for (Tile tile : tiles()) {
            multiply(tile, operands.queries, operands.keys, operands.scores);
            over(Entry.ATTENTION_WEIGHTS, tile, Arguments.NONE, Arguments.NONE);
            each(
                    tile,
                    (b, j) ->
                            add(
                                    scores(tile, b, j, operands.scores, false),
                                    operands.values.of(b, tile.group(), j, 0, false),
                                    operands.out.of(b, tile.group(), j, tile.query(), false),
                                    false,
                                    size(tile, tile.queries(), operands.sizes.size, operands.keys.length())));
        }
    }

    private void backward(Gradients gradients) {
        int length = operands.keys.length();
        long ofScores = operands.scores + operands.sizes.scores();
        int size = operands.sizes.size;
        for (Tile tile : tiles()) {
            multiply(tile, operands.queries, operands.keys, operands.scores);
            multiply(tile, operands.out, operands.values, ofScores);
            over(Entry.ATTENTION_SCORE_GRADIENT, tile, gradients.delta, ofScores);
            each(
                    tile,
                    (b, j) -> {
                        boolean more = j > 0 || tile.query() > 0;
                        add(
                                scores(tile, b, j, operands.scores, true),
                                operands.out.of(b, tile.group(), j, tile.query(), false),
                                gradients.values.of(b, tile.group(), j, 0, false),
                                more,
                                size(tile, length, size, tile.queries()));
                        add(
                                scores(tile, b, j, ofScores, true),
                                operands.queries.of(b, tile.group(), j, tile.query(), false),
                                gradients.keys.of(b, tile.group(), j, 0, false),
                                more,
                                size(tile, length, size, tile.queries()));
                        add(
                                scores(tile, b, j, ofScores, false),
                                operands.keys.of(b, tile.group(), j, 0, false),
                                gradients.queries.of(b, tile.group(), j, tile.query(), false),
                                false,
                                size(tile, tile.queries(), size, length));
                    });
        }
    }

    private Iterable<Tile> tiles() {
        return operands.sizes.tiles();
    }

    private interface OfHead {
        void add(int sequence, int headOfGroup);
    }

    private void each(Tile tile, OfHead work) {
        for (int b = tile.sequence(); b < tile.sequence() + tile.sequences(); b++) {
            for (int j = 0; j < operands.sizes.perGroup; j++) {
                work.add(b, j);
            }
        }
    }

    /** Queries by keys. */
    private void multiply(Tile tile, HeadPlaces rows, HeadPlaces columns, long to) {
        each(
                tile,
                (b, j) ->
                        add(
                                rows.of(b, tile.group(), j, tile.query(), false),
                                columns.of(b, tile.group(), j, 0, true),
                                scores(tile, b, j, to, false),
                                false,
                                size(tile, tile.queries(), operands.keys.length(), operands.sizes.size)));
    }

    private Matrix scores(Tile tile, int sequence, int headOfGroup, long from, boolean transposed) {
        int perHead = tile.queries() * operands.keys.length();
        int heads = tile.groups() * operands.sizes.perGroup;
        return new Matrix(
                from + ((sequence - tile.sequence()) * heads + headOfGroup) * perHead,
                Matrix.Elements.FLOATS,
                transposed,
                operands.keys.length(),
                operands.sizes.perGroup * perHead);
    }

    private static Product.Size size(Tile tile, int m, int n, int k) {
        return new Product.Size(m, n, k, tile.groups());
    }

    private void add(Matrix a, Matrix b, Matrix c, boolean accumulate, Product.Size size) {
        steps.accept(new Product(a, b, c, accumulate, size, Optional.empty(), operands.precision));
    }

    /** A kernel with a group of threads for each query of a head. */
    private void over(Entry entry, Tile tile, long delta, long ofScores) {
        int heads = tile.groups() * operands.sizes.perGroup;
        steps.accept(
                new Launch(
                        entry,
                        tile.queries(),
                        tile.sequences() * heads,
                        operands.scores,
                        operands.logSumExp,
                        operands.sizes.heads,
                        heads,
                        operands.sizes.size,
                        operands.queries.length(),
                        operands.keys.length(),
                        operands.seen,
                        tile.sequence(),
                        tile.group() * operands.sizes.perGroup,
                        tile.query(),
                        tile.queries(),
                        delta,
                        ofScores));
    }
}
