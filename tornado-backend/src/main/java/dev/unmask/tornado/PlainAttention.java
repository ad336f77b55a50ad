package dev.unmask.tornado;

import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Attention and its gradient in plain float64 on the host. See {@link PlainKernels}. */
final class PlainAttention {
    private final Function<Tensor, double[]> values;

    PlainAttention(Function<Tensor, double[]> values) {
        this.values = values;
    }

    private int[] keys(Optional<Tensor> seen, int row, int keys) {
        return IntStream.range(0, keys).filter(key -> seen.isEmpty() || sees(seen.get(), row, key)).toArray();
    }

    private boolean sees(Tensor seen, int row, int key) {
        double[] ranges = values.apply(seen);
        int at = row * Attention.RANGES;
        return key >= ranges[at] && key < ranges[at] + ranges[at + 1]
                || key >= ranges[at + 2] && key < ranges[at + 2] + ranges[at + 3];
    }

    private static int at(HeadRows heads, int row, int head) {
        return row * heads.columns() + heads.column(head);
    }

    /** The factors of products that come from memory; those that are computed stay as they are. */
    private double[] factor(Tensor operand, Precision precision) {
        return Arrays.stream(values.apply(operand)).map(value -> PlainKernels.rounded(value, precision)).toArray();
    }

    private static double dot(double[] left, int leftAt, double[] right, int rightAt, int size) {
        double sum = 0;
        for (int c = 0; c < size; c++) {
            sum += left[leftAt + c] * right[rightAt + c];
        }
        return sum;
    }

    void forward(Attention k) {
        double[] queries = factor(k.queries().tensor(), k.precision());
        double[] keys = factor(k.keys().tensor(), k.precision());
        double[] ofValues = factor(k.values().tensor(), k.precision());
        double root = Math.sqrt(k.size());
        int tq = k.queryLength();
        for (int query = 0; query < k.batch() * k.heads() * tq; query++) {
            int h = query / tq % k.heads();
            int b = query / tq / k.heads();
            int row = b * tq + query % tq;
            int group = h / (k.heads() / k.groups());
            int to = (row * k.heads() + h) * k.size();
            Arrays.fill(values.apply(k.out()), to, to + k.size(), 0);
            double sum = 0;
            for (int j : keys(k.seen(), row, k.keyLength())) {
                int keyRow = b * k.keyLength() + j;
                double score =
                        dot(queries, at(k.queries(), row, h), keys, at(k.keys(), keyRow, group), k.size()) / root;
                double weight = Math.exp(score);
                sum += weight;
                for (int c = 0; c < k.size(); c++) {
                    values.apply(k.out())[to + c] += weight * ofValues[at(k.values(), keyRow, group) + c];
                }
            }
            for (int c = 0; c < k.size() && sum > 0; c++) {
                values.apply(k.out())[to + c] /= sum;
            }
            values.apply(k.logSumExp())[query] = Math.log(sum);
        }
    }

    /** The factors of the products. */
    private record Operands(double[] queries, double[] keys, double[] values, double[] outGradient) {}

    void backward(AttentionBackward k) {
        for (HeadRows gradient : List.of(k.queryGradient(), k.keyGradient(), k.valueGradient())) {
            for (int row = 0; row < gradient.rows(); row++) {
                for (int head = 0; head < gradient.count(); head++) {
                    int at = at(gradient, row, head);
                    Arrays.fill(values.apply(gradient.tensor()), at, at + k.size(), 0);
                }
            }
        }
        Operands operands =
                new Operands(
                        factor(k.queries().tensor(), k.precision()),
                        factor(k.keys().tensor(), k.precision()),
                        factor(k.values().tensor(), k.precision()),
                        factor(k.outGradient(), k.precision()));
        int t = k.queryLength();
        for (int query = 0; query < k.batch() * k.heads() * t; query++) {
            int h = query / t % k.heads();
            int b = query / t / k.heads();
            int row = b * t + query % t;
            int out = (row * k.heads() + h) * k.size();
            values.apply(k.delta())[query] =
                    dot(values.apply(k.outGradient()), out, values.apply(k.out()), out, k.size());
            for (int j : keys(k.seen(), row, k.keyLength())) {
                pair(k, operands, query, row, b * k.keyLength() + j);
            }
        }
    }

    private void pair(AttentionBackward k, Operands operands, int query, int row, int keyRow) {
        int h = query / k.queryLength() % k.heads();
        int group = h / (k.heads() / k.groups());
        int from = at(k.queries(), row, h);
        int key = at(k.keys(), keyRow, group);
        int value = at(k.values(), keyRow, group);
        int out = (row * k.heads() + h) * k.size();
        double root = Math.sqrt(k.size());
        double score = dot(operands.queries, from, operands.keys, key, k.size()) / root;
        double weight = Math.exp(score - values.apply(k.logSumExp())[query]);
        double weightGradient = dot(operands.outGradient, out, operands.values, value, k.size());
        double scoreGradient = weight * (weightGradient - values.apply(k.delta())[query]) / root;
        for (int c = 0; c < k.size(); c++) {
            add(k.valueGradient(), keyRow, group, c, weight * operands.outGradient[out + c]);
            add(k.queryGradient(), row, h, c, scoreGradient * operands.keys[key + c]);
            add(k.keyGradient(), keyRow, group, c, scoreGradient * operands.queries[from + c]);
        }
    }

    private void add(HeadRows gradient, int row, int head, int c, double term) {
        values.apply(gradient.tensor())[at(gradient, row, head) + c] += term;
    }
}
