package dev.unmask.tensor.reference;

import static dev.unmask.tensor.reference.ReferenceKernels.UNIT;

import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Attention and its gradient, stated plainly in float64. See {@link ReferenceKernels}. Of factors in bfloat16 the
 * operands are rounded; weights and gradients of scores are not, but the bounds allow for it.
 */
final class ReferenceAttention {
    private final Function<Tensor, HostTensor> memory;

    ReferenceAttention(Function<Tensor, HostTensor> memory) {
        this.memory = memory;
    }

    private HostTensor host(Tensor tensor) {
        return memory.apply(tensor);
    }

    private double[] factor(Tensor operand, Precision precision) {
        return ReferenceKernels.rounded(host(operand).values, precision);
    }

    /** The keys that a query sees, by their positions. */
    private int[] keys(Optional<Tensor> seen, int row, int length) {
        return seen.map(
                        ranges -> {
                            int[] numbers = host(ranges).ints;
                            int at = row * Attention.RANGES;
                            return IntStream.range(0, length)
                                    .filter(j ->
                                            within(j, numbers[at], numbers[at + 1])
                                                    || within(j, numbers[at + 2], numbers[at + 3]))
                                    .toArray();
                        })
                .orElseGet(() -> IntStream.range(0, length).toArray());
    }

    private static boolean within(int key, int first, int count) {
        return key >= first && key < (long) first + count;
    }

    private static int at(HeadRows heads, int row, int head) {
        return row * heads.columns() + heads.column(head);
    }

    void forward(Attention k) {
        int tq = k.queryLength();
        int size = k.size();
        double[] queries = factor(k.queries().tensor(), k.precision());
        double[] keys = factor(k.keys().tensor(), k.precision());
        double[] values = factor(k.values().tensor(), k.precision());
        RoundedTerms rounded = new RoundedTerms(k.precision(), host(k.out()));
        for (int b = 0; b < k.batch(); b++) {
            for (int h = 0; h < k.heads(); h++) {
                int group = h / (k.heads() / k.groups());
                for (int i = 0; i < tq; i++) {
                    int[] seen = keys(k.seen(), b * tq + i, k.keyLength());
                    Scores scores = new Scores(seen.length, k.precision());
                    for (int j = 0; j < seen.length; j++) {
                        int key = at(k.keys(), b * k.keyLength() + seen[j], group);
                        scores.dot(j, size, queries, at(k.queries(), b * tq + i, h), keys, key);
                    }
                    double logSumExp = scores.logSumExp();
                    double sumBound = scores.sumBound(logSumExp);
                    host(k.logSumExp())
                            .put(
                                    (b * k.heads() + h) * tq + i,
                                    logSumExp,
                                    seen.length == 0 ? 0 : sumBound + 2 * UNIT * Math.abs(logSumExp));
                    for (int c = 0; c < size; c++) {
                        int to = ((b * tq + i) * k.heads() + h) * size + c;
                        double out = 0;
                        double bound = 0;
                        for (int j = 0; j < seen.length; j++) {
                            double value = values[at(k.values(), b * k.keyLength() + seen[j], group) + c];
                            double weight = Math.exp(scores.score[j] - logSumExp);
                            out += weight * value;
                            rounded.add(to, weight * value);
                            bound += weight * Math.abs(value) * (sumBound + scores.weightBound(j, logSumExp));
                            bound += HostTensor.SMALLEST * Math.abs(value) + Underflow.of(weight, value, k.precision());
                        }
                        host(k.out()).put(to, out, bound);
                    }
                }
            }
        }
        rounded.widenBounds();
    }

    /** A gradient that grows, and how far it may be off. */
    private final class Sums {
        private final HeadRows heads;
        private final HostTensor host;
        private final RoundedTerms rounded;

        Sums(HeadRows heads, Map<HostTensor, RoundedTerms> ofTensors, Precision precision) {
            this.heads = heads;
            this.host = host(heads.tensor());
            this.rounded = ofTensors.computeIfAbsent(host, sums -> new RoundedTerms(precision, sums));
            for (int row = 0; row < heads.rows(); row++) {
                for (int head = 0; head < heads.count(); head++) {
                    int at = at(heads, row, head);
                    Arrays.fill(host.values, at, at + heads.size(), 0);
                    Arrays.fill(host.bounds, at, at + heads.size(), HostTensor.SMALLEST);
                }
            }
        }

        void add(int row, int head, int c, double term, double bound) {
            int at = at(heads, row, head) + c;
            host.values[at] += term;
            host.bounds[at] += bound;
            rounded.add(at, term);
        }
    }

    /** What the gradient of each query adds to. */
    private record Gradients(Sums queries, Sums keys, Sums values) {}

    void backward(AttentionBackward k) {
        Map<HostTensor, RoundedTerms> rounded = new IdentityHashMap<>();
        Gradients gradients =
                new Gradients(
                        new Sums(k.queryGradient(), rounded, k.precision()),
                        new Sums(k.keyGradient(), rounded, k.precision()),
                        new Sums(k.valueGradient(), rounded, k.precision()));
        Factors factors =
                new Factors(
                        factor(k.queries().tensor(), k.precision()),
                        factor(k.keys().tensor(), k.precision()),
                        factor(k.values().tensor(), k.precision()),
                        factor(k.outGradient(), k.precision()));
        for (int b = 0; b < k.batch(); b++) {
            for (int h = 0; h < k.heads(); h++) {
                for (int i = 0; i < k.queryLength(); i++) {
                    backward(k, factors, gradients, b, h, i);
                }
            }
        }
        rounded.values().forEach(RoundedTerms::widenBounds);
    }

    private record Factors(double[] queries, double[] keys, double[] values, double[] outGradient) {}

    private void backward(AttentionBackward k, Factors factors, Gradients gradients, int b, int h, int i) {
        int size = k.size();
        int t = k.queryLength();
        int perGroup = k.heads() / k.groups();
        int group = h / perGroup;
        double[] out = host(k.out()).values;
        double[] exactOutGradient = host(k.outGradient()).values;
        int query = at(k.queries(), b * t + i, h);
        int outRow = ((b * t + i) * k.heads() + h) * size;
        int statistic = (b * k.heads() + h) * t + i;
        double logSumExp = host(k.logSumExp()).values[statistic];
        double root = 1 / Math.sqrt(size);
        double delta = 0;
        double deltaBound = 0;
        for (int c = 0; c < size; c++) {
            double product = exactOutGradient[outRow + c] * out[outRow + c];
            delta += product;
            deltaBound += (size + 2) * UNIT * Math.abs(product);
        }
        host(k.delta()).put(statistic, delta, deltaBound);
        int[] seen = keys(k.seen(), b * t + i, k.keyLength());
        Scores scores = new Scores(seen.length, k.precision());
        int terms = Math.max(t, k.keyLength()) * perGroup + 8;
        double ofProducts = (size + 2) * UNIT + ReferenceKernels.lossOfProduct(k.precision());
        for (int j = 0; j < seen.length; j++) {
            int keyRow = b * k.keyLength() + seen[j];
            int key = at(k.keys(), keyRow, group);
            int value = at(k.values(), keyRow, group);
            scores.dot(j, size, factors.queries, query, factors.keys, key);
            double weight = Math.exp(scores.score[j] - logSumExp);
            double relative = scores.bound[j] + UNIT * (8 + Math.abs(scores.score[j]) + Math.abs(logSumExp));
            double weightGradient = 0;
            double weightGradientBound = 0;
            for (int c = 0; c < size; c++) {
                double product = factors.outGradient[outRow + c] * factors.values[value + c];
                weightGradient += product;
                weightGradientBound += ofProducts * Math.abs(product);
                weightGradientBound +=
                        Underflow.of(factors.outGradient[outRow + c], factors.values[value + c], k.precision());
                double ofOut = factors.outGradient[outRow + c];
                double part = weight * ofOut;
                double lost = HostTensor.SMALLEST * Math.abs(ofOut) + Underflow.of(weight, ofOut, k.precision());
                gradients.values.add(keyRow, group, c, part, (relative + terms * UNIT) * Math.abs(part) + lost);
            }
            double scoreGradient = weight * (weightGradient - delta) * root;
            double magnitude = weight * (Math.abs(weightGradient) + Math.abs(delta)) * root;
            double scoreBound =
                    (relative + terms * UNIT) * magnitude
                            + weight * (weightGradientBound + deltaBound) * root
                            + HostTensor.SMALLEST * (1 + Math.abs(weightGradient) + Math.abs(delta));
            for (int c = 0; c < size; c++) {
                double ofKey = factors.keys[key + c];
                double ofQuery = factors.queries[query + c];
                double ofKeyBound = scoreBound * Math.abs(ofKey) + Underflow.of(scoreGradient, ofKey, k.precision());
                double ofQueryBound =
                        scoreBound * Math.abs(ofQuery) + Underflow.of(scoreGradient, ofQuery, k.precision());
                gradients.queries.add(b * t + i, h, c, scoreGradient * ofKey, ofKeyBound);
                gradients.keys.add(keyRow, group, c, scoreGradient * ofQuery, ofQueryBound);
            }
        }
    }

    /** The scaled scores of one query and how far float32 arithmetic may be from each. */
    private static final class Scores {
        final double[] score;
        final double[] bound;
        private final Precision precision;

        Scores(int keys, Precision precision) {
            this.precision = precision;
            score = new double[keys];
            bound = new double[keys];
        }

        void dot(int j, int size, double[] queries, int query, double[] keys, int key) {
            double sum = 0;
            double magnitude = 0;
            double lost = 0;
            for (int c = 0; c < size; c++) {
                double product = queries[query + c] * keys[key + c];
                sum += product;
                magnitude += Math.abs(product);
                lost += Underflow.of(queries[query + c], keys[key + c], precision);
            }
            score[j] = sum / Math.sqrt(size);
            double ofProducts = (size + 4) * UNIT + ReferenceKernels.lossOfProduct(precision);
            bound[j] = (ofProducts * magnitude + lost) / Math.sqrt(size);
        }

        double logSumExp() {
            double max = Arrays.stream(score).max().orElse(Double.NEGATIVE_INFINITY);
            double sum = 0;
            for (double s : score) {
                sum += Math.exp(s - max);
            }
            return max + Math.log(sum);
        }

        /** The relative error of the sum of exponentials: of the scores by their weights, and of adding up. */
        double sumBound(double logSumExp) {
            double bound = UNIT * (score.length + 8);
            for (int j = 0; j < score.length; j++) {
                bound += Math.exp(score[j] - logSumExp) * (this.bound[j] + UNIT * Math.abs(score[j] - logSumExp));
            }
            return bound;
        }

        /** The relative error of a weight before it is divided by the sum, and of adding up the weighted values. */
        double weightBound(int j, double logSumExp) {
            return bound[j] + UNIT * (2 * Math.abs(score[j] - logSumExp) + score.length + 8);
        }
    }
}
