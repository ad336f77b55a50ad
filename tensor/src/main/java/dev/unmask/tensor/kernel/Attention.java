package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Indices;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;

import java.util.List;
import java.util.Optional;

/**
 * Scaled dot-product attention, {@code softmax(q·kᵀ/sqrt(size))·v} for each head; query head {@code h} looks at key and
 * value head {@code h / (H/G)}.
 *
 * <p>Row {@code b·Tq + i} of {@code seen} says which keys query {@code i} of sequence {@code b} sees: those of the
 * range {@code first, count} and those of a second one, by their positions from 0 to {@code Tk - 1}; what lies outside
 * of the sequence counts for nothing. Keys and values that a query does not see do not change its result, as long as
 * they are finite: a backend may multiply them by a weight of zero. A query without a key yields zero and a log-sum-exp
 * of negative infinity. Causal attention, padding, a cache and blocks that do not see each other are all such ranges; a
 * backend passes over tiles of keys that none of a tile of queries sees.
 *
 * <p>In {@link Precision#BF16} the factors of both products are rounded to the nearest bfloat16, ties to even: {@code
 * q}, {@code k} and {@code v} as they are, not yet scaled, and the weights that {@code v} is multiplied by. A weight is
 * rounded as {@code e^(score - m)}, before it is divided by the sum, and {@code m} is the backend's choice; whatever it
 * is, the weight is changed by at most {@code 2^-8} of itself. A backend may leave the weights, and only them, in
 * float32. Scores, the softmax and its sums, of weights that are not rounded, and the sums of both products are float32
 * in either precision. A factor below the normal numbers of float32 may count as zero.
 *
 * @param queries {@code H} heads of {@code B·Tq} rows
 * @param keys {@code G} heads of {@code B·Tk} rows, of the same size; {@code G} divides {@code H}
 * @param values {@code G} heads of {@code B·Tk} rows, of the same size
 * @param batch number of sequences {@code B}
 * @param seen I32 {@code [B·Tq, 4]}: {@code first, count} twice; empty: every query sees every key of its sequence
 * @param out F32 {@code [B·Tq, H·size]}
 * @param logSumExp F32 {@code [B, H, Tq]}: log of the sum of exponentials of scaled scores, kept for the gradient
 * @param precision what the factors of both products are rounded to
 */
public record Attention(
        HeadRows queries,
        HeadRows keys,
        HeadRows values,
        int batch,
        Optional<Tensor> seen,
        Tensor out,
        Tensor logSumExp,
        Precision precision)
        implements Kernel {
    /** Numbers of a row of {@code seen}. */
    public static final int RANGES = 4;

    /** Checks the operands. */
    public Attention {
        requireHeads("attention", queries, keys, values, batch, seen);
        Check.that("attention")
                .dtype(DType.F32, out, logSumExp)
                .matrix(out, queries.rows(), queries.count() * queries.size())
                .elements(logSumExp, (long) queries.rows() * queries.count());
    }

    static void requireHeads(
            String kernel, HeadRows queries, HeadRows keys, HeadRows values, int batch, Optional<Tensor> seen) {
        Check check =
                Check.that(kernel)
                        .is(
                                batch > 0 && queries.rows() % batch == 0,
                                "%s is not made of %d sequences",
                                queries.tensor(),
                                batch)
                        .is(
                                batch > 0 && keys.rows() % batch == 0,
                                "%s is not made of %d sequences",
                                keys.tensor(),
                                batch)
                        .is(
                                queries.count() % keys.count() == 0,
                                "%d heads of keys do not divide %d of queries",
                                keys.count(),
                                queries.count())
                        .is(
                                keys.count() == values.count() && keys.rows() == values.rows(),
                                "%d keys of %d rows differ from %d values of %d",
                                keys.count(),
                                keys.rows(),
                                values.count(),
                                values.rows())
                        .is(
                                queries.size() == keys.size() && keys.size() == values.size(),
                                "heads of %d, %d and %d elements differ",
                                queries.size(),
                                keys.size(),
                                values.size());
        seen.ifPresent(s -> check.dtype(DType.I32, s).matrix(s, queries.rows(), RANGES));
    }

    /**
     * Query heads.
     *
     * @return {@code H}
     */
    public int heads() {
        return queries.count();
    }

    /**
     * Key and value heads.
     *
     * @return {@code G}
     */
    public int groups() {
        return keys.count();
    }

    /**
     * Elements of a head.
     *
     * @return {@code size}
     */
    public int size() {
        return queries.size();
    }

    /**
     * Queries of one sequence.
     *
     * @return {@code Tq}
     */
    public int queryLength() {
        return queries.rows() / batch;
    }

    /**
     * Keys of one sequence.
     *
     * @return {@code Tk}
     */
    public int keyLength() {
        return keys.rows() / batch;
    }

    @Override
    public List<Tensor> inputs() {
        return Operands.of(queries.tensor(), keys.tensor(), values.tensor()).and(seen).list();
    }

    @Override
    public List<Tensor> outputs() {
        return List.of(out, logSumExp);
    }

    @Override
    public List<Indices> indices() {
        return indicesOf(keys, batch, seen);
    }

    static List<Indices> indicesOf(HeadRows keys, int batch, Optional<Tensor> seen) {
        String of = "keys of a sequence in " + keys.tensor() + ", or numbers of them";
        return seen.map(ranges -> Indices.all(ranges, keys.rows() / batch + 1L, of)).stream().toList();
    }
}
