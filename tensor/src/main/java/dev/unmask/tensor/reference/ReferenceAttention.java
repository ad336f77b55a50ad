package dev.unmask.tensor.reference;

import static dev.unmask.tensor.reference.ReferenceKernels.UNIT;

import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

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

    /** How many keys a query sees. */
    private int keys(Optional<Tensor> lengths, int sequence, int query, int queries, int room, boolean causal) {
        int length = lengths.map(l -> host(l).ints[sequence]).orElse(room);
        return causal ? Math.max(0, Math.min(length, length - queries + query + 1)) : length;
    }

    void forward(Attention k) {
        Heads heads = k.heads();
        int tq = k.queryLength();
        int tk = k.keyLength();
        double[] queries = factor(k.queries(), k.precision());
        double[] keysValues = factor(k.keysValues(), k.precision());
        RoundedTerms rounded = new RoundedTerms(k.precision(), host(k.out()));
        for (int b = 0; b < k.batch(); b++) {
            for (int h = 0; h < heads.count(); h++) {
                int group = h / heads.perGroup();
                for (int i = 0; i < tq; i++) {
                    Scores scores = new Scores(keys(k.lengths(), b, i, tq, tk, k.causal()), k.precision());
                    for (int j = 0; j < scores.score.length; j++) {
                        scores.dot(
                                j,
                                heads.size(),
                                queries,
                                (b * tq + i) * heads.fusedWidth() + heads.queryColumn(h),
                                keysValues,
                                (b * tk + j) * heads.fusedWidth() + heads.keyColumn(group));
                    }
                    double logSumExp = scores.logSumExp();
                    double sumBound = scores.sumBound(logSumExp);
                    host(k.logSumExp())
                            .put(
                                    (b * heads.count() + h) * tq + i,
                                    logSumExp,
                                    scores.score.length == 0 ? 0 : sumBound + 2 * UNIT * Math.abs(logSumExp));
                    for (int c = 0; c < heads.size(); c++) {
                        double out = 0;
                        double bound = 0;
                        for (int j = 0; j < scores.score.length; j++) {
                            double value = keysValues[(b * tk + j) * heads.fusedWidth() + heads.valueColumn(group) + c];
                            double weight = Math.exp(scores.score[j] - logSumExp);
                            out += weight * value;
                            rounded.add((b * tq + i) * heads.width() + h * heads.size() + c, weight * value);
                            bound += weight * Math.abs(value) * (sumBound + scores.weightBound(j, logSumExp));
                            bound += HostTensor.SMALLEST * Math.abs(value) + Underflow.of(weight, value, k.precision());
                        }
                        host(k.out()).put((b * tq + i) * heads.width() + h * heads.size() + c, out, bound);
                    }
                }
            }
        }
        rounded.widenBounds();
    }

    void backward(AttentionBackward k) {
        HostTensor gradient = host(k.fusedGradient());
        Arrays.fill(gradient.values, 0);
        Arrays.fill(gradient.bounds, HostTensor.SMALLEST);
        RoundedTerms rounded = new RoundedTerms(k.precision(), gradient);
        double[] fused = factor(k.fused(), k.precision());
        double[] outGradient = factor(k.outGradient(), k.precision());
        for (int b = 0; b < k.batch(); b++) {
            for (int h = 0; h < k.heads().count(); h++) {
                for (int i = 0; i < k.length(); i++) {
                    backward(k, fused, outGradient, rounded, b, h, i);
                }
            }
        }
        rounded.widenBounds();
    }

    private void backward(
            AttentionBackward k, double[] fused, double[] outGradient, RoundedTerms rounded, int b, int h, int i) {
        Heads heads = k.heads();
        int size = heads.size();
        int t = k.length();
        int group = h / heads.perGroup();
        double[] out = host(k.out()).values;
        double[] exactOutGradient = host(k.outGradient()).values;
        HostTensor gradient = host(k.fusedGradient());
        int query = (b * t + i) * heads.fusedWidth() + heads.queryColumn(h);
        int outRow = (b * t + i) * heads.width() + h * size;
        int statistic = (b * heads.count() + h) * t + i;
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
        Scores scores = new Scores(keys(k.lengths(), b, i, t, t, k.causal()), k.precision());
        int terms = t * heads.perGroup() + 8;
        for (int j = 0; j < scores.score.length; j++) {
            int key = (b * t + j) * heads.fusedWidth() + heads.keyColumn(group);
            int value = (b * t + j) * heads.fusedWidth() + heads.valueColumn(group);
            scores.dot(j, size, fused, query, fused, key);
            double weight = Math.exp(scores.score[j] - logSumExp);
            double relative = scores.bound[j] + UNIT * (8 + Math.abs(scores.score[j]) + Math.abs(logSumExp));
            double weightGradient = 0;
            double weightGradientBound = 0;
            for (int c = 0; c < size; c++) {
                double product = outGradient[outRow + c] * fused[value + c];
                weightGradient += product;
                weightGradientBound += (size + 2) * UNIT * Math.abs(product);
                weightGradientBound += Underflow.of(outGradient[outRow + c], fused[value + c], k.precision());
                double part = weight * outGradient[outRow + c];
                gradient.values[value + c] += part;
                rounded.add(value + c, part);
                gradient.bounds[value + c] += (relative + terms * UNIT) * Math.abs(part);
                gradient.bounds[value + c] += HostTensor.SMALLEST * Math.abs(outGradient[outRow + c]);
                gradient.bounds[value + c] += Underflow.of(weight, outGradient[outRow + c], k.precision());
            }
            double scoreGradient = weight * (weightGradient - delta) * root;
            double magnitude = weight * (Math.abs(weightGradient) + Math.abs(delta)) * root;
            double scoreBound =
                    (relative + terms * UNIT) * magnitude
                            + weight * (weightGradientBound + deltaBound) * root
                            + HostTensor.SMALLEST * (1 + Math.abs(weightGradient) + Math.abs(delta));
            for (int c = 0; c < size; c++) {
                gradient.values[query + c] += scoreGradient * fused[key + c];
                rounded.add(query + c, scoreGradient * fused[key + c]);
                gradient.bounds[query + c] += scoreBound * Math.abs(fused[key + c]);
                gradient.bounds[query + c] += Underflow.of(scoreGradient, fused[key + c], k.precision());
                gradient.values[key + c] += scoreGradient * fused[query + c];
                rounded.add(key + c, scoreGradient * fused[query + c]);
                gradient.bounds[key + c] += scoreBound * Math.abs(fused[query + c]);
                gradient.bounds[key + c] += Underflow.of(scoreGradient, fused[query + c], k.precision());
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
            bound[j] = ((size + 4) * UNIT * magnitude + lost) / Math.sqrt(size);
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
