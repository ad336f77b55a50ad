package dev.unmask.tornado;

import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;

import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Attention, or a part of its gradient, tile by tile: no score comes to memory. The gradient of queries comes before
 * that of keys and values, as it writes the delta that the other reads.
 *
 * @param part what of it
 * @param sizes how much of it
 * @param heads where they are, in the order of {@link Role}; of the forward part only those up to {@link Role#OUT}
 * @param logSumExp address, {@code [B, H, Tq]}
 * @param delta address, {@code [B, H, Tq]}; none of the forward part
 * @param seen address of the ranges of keys that each query sees, or none
 * @param precision what factors are rounded to: TF32 or BF16
 */
record FusedAttention(
        Part part, Sizes sizes, List<HeadPlaces> heads, long logSumExp, long delta, long seen, Precision precision)
        implements Step {
    /** Elements that are read and written at once. */
    private static final int CHUNK = 4;

    /** A part of the work, of which each is a kernel. */
    enum Part {
        FORWARD,
        QUERY_GRADIENT,
        KEY_VALUE_GRADIENT
    }

    /** What heads are there for. */
    enum Role {
        QUERIES,
        KEYS,
        VALUES,
        OUT,
        OUT_GRADIENT,
        QUERY_GRADIENT,
        KEY_GRADIENT,
        VALUE_GRADIENT
    }

    /**
     * How much there is of it.
     *
     * @param batch sequences
     * @param groups heads of keys and values
     * @param perGroup heads of queries for each of them
     * @param size elements of a head
     */
    record Sizes(int batch, int groups, int perGroup, int size) {
        int heads() {
            return groups * perGroup;
        }
    }

    FusedAttention {
        for (HeadPlaces place : heads) {
            if (LongStream.of(place.address(), place.width(), place.groupStep(), place.headStep())
                    .anyMatch(number -> number % CHUNK != 0)) {
                throw new IllegalArgumentException(
                        "attention: found heads at " + place + ", expected multiples of " + CHUNK);
            }
        }
    }

    /** Where heads are. */
    HeadPlaces places(Role role) {
        return heads.get(role.ordinal());
    }

    /** Queries of a sequence. */
    int queries() {
        return places(Role.QUERIES).length();
    }

    /** Keys of a sequence. */
    int keys() {
        return places(Role.KEYS).length();
    }

    /** Whether this is a way to compute a kernel. */
    static boolean fits(Attention k) {
        return fit(k.precision(), k.groups(), k.queries(), k.keys(), k.values());
    }

    /** Whether this is a way to compute a kernel. */
    static boolean fits(AttentionBackward k) {
        return fit(
                k.precision(),
                k.groups(),
                k.queries(),
                k.keys(),
                k.values(),
                k.queryGradient(),
                k.keyGradient(),
                k.valueGradient());
    }

    private static boolean fit(Precision precision, int groups, HeadRows... operands) {
        return precision != Precision.F32
                && operands[0].size() <= CudaAttention.MOST_SIZE
                && Stream.of(operands).allMatch(heads -> HeadPlaces.fits(heads, groups) && isInChunks(heads));
    }

    /** Blocks of memory begin at multiples of more than a chunk. */
    private static boolean isInChunks(HeadRows heads) {
        return (heads.columns() | heads.first() | heads.size() | heads.step()) % CHUNK == 0;
    }

    /** What a kernel becomes. */
    static List<FusedAttention> of(Attention k, ToLongFunction<Tensor> at, long seen) {
        Sizes sizes = new Sizes(k.batch(), k.groups(), k.heads() / k.groups(), k.size());
        List<HeadPlaces> heads =
                List.of(
                        places(k.queries(), at, k.queryLength(), sizes),
                        places(k.keys(), at, k.keyLength(), sizes),
                        places(k.values(), at, k.keyLength(), sizes),
                        places(k.out(), at, k.queryLength(), sizes));
        return List.of(
                new FusedAttention(
                        Part.FORWARD,
                        sizes,
                        heads,
                        at.applyAsLong(k.logSumExp()),
                        Arguments.NONE,
                        seen,
                        k.precision()));
    }

    /** What a kernel becomes. */
    static List<FusedAttention> of(AttentionBackward k, ToLongFunction<Tensor> at, long seen) {
        Sizes sizes = new Sizes(k.batch(), k.groups(), k.heads() / k.groups(), k.size());
        List<HeadPlaces> heads =
                List.of(
                        places(k.queries(), at, k.queryLength(), sizes),
                        places(k.keys(), at, k.keyLength(), sizes),
                        places(k.values(), at, k.keyLength(), sizes),
                        places(k.out(), at, k.queryLength(), sizes),
                        places(k.outGradient(), at, k.queryLength(), sizes),
                        places(k.queryGradient(), at, k.queryLength(), sizes),
                        places(k.keyGradient(), at, k.keyLength(), sizes),
                        places(k.valueGradient(), at, k.keyLength(), sizes));
        return Stream.of(Part.QUERY_GRADIENT, Part.KEY_VALUE_GRADIENT)
                .map(part ->
                        new FusedAttention(
                                part,
                                sizes,
                                heads,
                                at.applyAsLong(k.logSumExp()),
                                at.applyAsLong(k.delta()),
                                seen,
                                k.precision()))
                .toList();
    }

    private static HeadPlaces places(HeadRows heads, ToLongFunction<Tensor> at, int length, Sizes sizes) {
        return HeadPlaces.of(heads, at.applyAsLong(heads.tensor()), length, sizes.groups);
    }

    /** Heads that lie side by side in a tensor that holds nothing else. */
    private static HeadPlaces places(Tensor out, ToLongFunction<Tensor> at, int length, Sizes sizes) {
        return new HeadPlaces(
                at.applyAsLong(out), length, sizes.heads() * sizes.size, sizes.perGroup * sizes.size, sizes.size);
    }
}
