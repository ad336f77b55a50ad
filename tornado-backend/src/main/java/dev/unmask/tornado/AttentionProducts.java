package dev.unmask.tornado;

import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Kernel;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tornado.AttentionTiles.Tile;

import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/**
 * Attention by products of a library and kernels that go over scores, piece by piece: where sequences are long, its
 * products are nearly all of the work. See {@link AttentionTiles}.
 */
final class AttentionProducts {
    /** Shorter sequences are left to the kernels that do all at once: each product of a library is a launch. */
    private static final int SHORTEST = 64;

    private final Operands operands;
    private final Consumer<Step> steps;

    /**
     * What both ways have.
     *
     * @param heads the heads
     * @param batch sequences
     * @param queries where they are
     * @param keys where they are
     * @param values where they are
     * @param out where the result is, or its gradient
     * @param logSumExp address, {@code [B, H, Tq]}
     * @param lengths address of the number of keys of each sequence, or none
     * @param causal whether a query sees only keys up to its own position
     * @param precision of products
     * @param scores address of room for the scores of a piece; behind it as much for their gradient
     */
    record Operands(
            Heads heads,
            int batch,
            HeadRows queries,
            HeadRows keys,
            HeadRows values,
            HeadRows out,
            int logSumExp,
            int lengths,
            boolean causal,
            Precision precision,
            int scores) {}

    /**
     * Where gradients go.
     *
     * @param queries of queries
     * @param keys of keys
     * @param values of values
     * @param delta address, {@code [B, H, T]}
     */
    record Gradients(HeadRows queries, HeadRows keys, HeadRows values, int delta) {}

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
     * Whether this is the way. A product looks at every key and value, if only to multiply it by zero, so that there
     * must be none that nobody sees, which may hold anything.
     */
    static boolean fits(Attention k) {
        return Math.min(k.queryLength(), k.keyLength()) >= SHORTEST && k.lengths().isEmpty();
    }

    /** Whether this is the way. */
    static boolean fits(AttentionBackward k) {
        return k.length() >= SHORTEST && k.lengths().isEmpty();
    }

    /** Floats that a kernel keeps scores in. */
    static long workspaceElements(Kernel kernel) {
        return switch (kernel) {
            case Attention k when fits(k) ->
                    scores(k.heads(), k.batch(), k.queryLength(), k.keyLength())
                            + rounded(k.precision(), k.queries())
                            + rounded(k.precision(), k.keysValues());
            case AttentionBackward k when fits(k) ->
                    2 * scores(k.heads(), k.batch(), k.length(), k.length())
                            + rounded(k.precision(), k.fused())
                            + rounded(k.precision(), k.outGradient());
            default -> 0;
        };
    }

    /** Floats for a factor of products, if it is to be rounded. */
    private static long rounded(Precision precision, Tensor factor) {
        return precision == Precision.BF16 ? Space.rounded(factor.shape().elements()) : 0;
    }

    /** Pieces that the scores of a kernel are cut into. */
    static int pieces(Kernel kernel) {
        return switch (kernel) {
            case Attention k when fits(k) ->
                    AttentionTiles.of(k.heads(), k.batch(), k.queryLength(), k.keyLength()).size();
            case AttentionBackward k when fits(k) ->
                    AttentionTiles.of(k.heads(), k.batch(), k.length(), k.length()).size();
            default -> 0;
        };
    }

    private static long scores(Heads heads, int batch, int queries, int keys) {
        return Space.rounded(AttentionTiles.largest(heads, batch, queries, keys));
    }

    /** Adds what a kernel does. */
    static void forward(Attention k, ToIntFunction<Tensor> at, int workspace, Consumer<Step> steps) {
        Heads heads = k.heads();
        Factors factors =
                new Factors(
                        k.precision(),
                        workspace + Math.toIntExact(scores(heads, k.batch(), k.queryLength(), k.keyLength())),
                        at,
                        steps);
        int queries = factors.of(k.queries());
        int keysValues = k.queries() == k.keysValues() ? queries : factors.of(k.keysValues());
        new AttentionProducts(
                        new Operands(
                                heads,
                                k.batch(),
                                queries(queries, heads, k.queryLength()),
                                keys(keysValues, heads, k.keyLength()),
                                values(keysValues, heads, k.keyLength()),
                                out(at.applyAsInt(k.out()), heads, k.queryLength()),
                                at.applyAsInt(k.logSumExp()),
                                Arguments.NONE,
                                k.causal(),
                                factors.precision(),
                                workspace),
                        steps)
                .forward();
    }

    /** Adds what a kernel does, but for delta, which is there already. */
    static void backward(AttentionBackward k, ToIntFunction<Tensor> at, int workspace, Consumer<Step> steps) {
        Heads heads = k.heads();
        Factors factors =
                new Factors(
                        k.precision(),
                        workspace + Math.toIntExact(2 * scores(heads, k.batch(), k.length(), k.length())),
                        at,
                        steps);
        int fused = factors.of(k.fused());
        int gradient = at.applyAsInt(k.fusedGradient());
        new AttentionProducts(
                        new Operands(
                                heads,
                                k.batch(),
                                queries(fused, heads, k.length()),
                                keys(fused, heads, k.length()),
                                values(fused, heads, k.length()),
                                out(factors.of(k.outGradient()), heads, k.length()),
                                at.applyAsInt(k.logSumExp()),
                                Arguments.NONE,
                                k.causal(),
                                factors.precision(),
                                workspace),
                        steps)
                .backward(
                        new Gradients(
                                queries(gradient, heads, k.length()),
                                keys(gradient, heads, k.length()),
                                values(gradient, heads, k.length()),
                                at.applyAsInt(k.delta())));
    }

    /**
     * Factors that come from memory, as they are, or rounded to bfloat16 behind the scores. They are multiplied as TF32
     * then, which has all the bits of bfloat16, so that weights and their gradients, which are not rounded to it, keep
     * more.
     */
    private static final class Factors {
        private final Precision precision;
        private final ToIntFunction<Tensor> at;
        private final Consumer<Step> steps;
        private int room;

        Factors(Precision precision, int room, ToIntFunction<Tensor> at, Consumer<Step> steps) {
            this.precision = precision;
            this.room = room;
            this.at = at;
            this.steps = steps;
        }

        Precision precision() {
            return precision == Precision.BF16 ? Precision.TF32 : precision;
        }

        int of(Tensor factor) {
            if (precision != Precision.BF16) {
                return at.applyAsInt(factor);
            }
            int address = room;
            int elements = Math.toIntExact(factor.shape().elements());
            room += Math.toIntExact(Space.rounded(elements));
            int elementsOfGroup = Entry.ROUND.threadsX() * ElementKernels.ELEMENTS;
            int groups = (int) ((elements + elementsOfGroup - 1L) / elementsOfGroup);
            steps.accept(new Launch(Entry.ROUND, groups, 1, at.applyAsInt(factor), address, elements));
            return address;
        }
    }

    private static HeadRows queries(int fused, Heads heads, int length) {
        return new HeadRows(fused, length, heads.fusedWidth(), (heads.perGroup() + 2) * heads.size(), heads.size());
    }

    private static HeadRows keys(int fused, Heads heads, int length) {
        int first = fused + heads.perGroup() * heads.size();
        return new HeadRows(first, length, heads.fusedWidth(), (heads.perGroup() + 2) * heads.size(), 0);
    }

    private static HeadRows values(int fused, Heads heads, int length) {
        return keys(fused + heads.size(), heads, length);
    }

    private static HeadRows out(int address, Heads heads, int length) {
        return new HeadRows(address, length, heads.width(), heads.perGroup() * heads.size(), heads.size());
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
                                    size(tile, tile.queries(), operands.heads.size(), operands.keys.length())));
        }
    }

    private void backward(Gradients gradients) {
        int length = operands.keys.length();
        int ofScores =
                operands.scores
                        + Math.toIntExact(scores(operands.heads, operands.batch, operands.queries.length(), length));
        int size = operands.heads.size();
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
        return AttentionTiles.of(operands.heads, operands.batch, operands.queries.length(), operands.keys.length());
    }

    private interface OfHead {
        void add(int sequence, int headOfGroup);
    }

    private void each(Tile tile, OfHead work) {
        for (int b = tile.sequence(); b < tile.sequence() + tile.sequences(); b++) {
            for (int j = 0; j < operands.heads.perGroup(); j++) {
                work.add(b, j);
            }
        }
    }

    /** Queries by keys. */
    private void multiply(Tile tile, HeadRows rows, HeadRows columns, int to) {
        each(
                tile,
                (b, j) ->
                        add(
                                rows.of(b, tile.group(), j, tile.query(), false),
                                columns.of(b, tile.group(), j, 0, true),
                                scores(tile, b, j, to, false),
                                false,
                                size(tile, tile.queries(), operands.keys.length(), operands.heads.size())));
    }

    private Matrix scores(Tile tile, int sequence, int headOfGroup, int from, boolean transposed) {
        int perHead = tile.queries() * operands.keys.length();
        int heads = tile.groups() * operands.heads.perGroup();
        return new Matrix(
                from + ((sequence - tile.sequence()) * heads + headOfGroup) * perHead,
                false,
                transposed,
                operands.keys.length(),
                operands.heads.perGroup() * perHead);
    }

    private static Product.Size size(Tile tile, int m, int n, int k) {
        return new Product.Size(m, n, k, tile.groups());
    }

    private void add(Matrix a, Matrix b, Matrix c, boolean accumulate, Product.Size size) {
        steps.accept(new Product(a, b, c, accumulate, size, Optional.empty(), operands.precision));
    }

    /** A kernel with a group of threads for each query of a head. */
    private void over(Entry entry, Tile tile, int delta, int ofScores) {
        int heads = tile.groups() * operands.heads.perGroup();
        steps.accept(
                new Launch(
                        entry,
                        tile.queries(),
                        tile.sequences() * heads,
                        operands.scores,
                        operands.logSumExp,
                        operands.heads.count(),
                        heads,
                        operands.heads.size(),
                        operands.queries.length(),
                        operands.keys.length(),
                        operands.causal ? 1 : 0,
                        operands.lengths,
                        tile.sequence(),
                        tile.group() * operands.heads.perGroup(),
                        tile.query(),
                        tile.queries(),
                        delta,
                        ofScores));
    }
}
