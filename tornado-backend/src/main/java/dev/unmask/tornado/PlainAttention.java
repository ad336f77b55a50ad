package dev.unmask.tornado;

import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/** Attention and its gradient in plain float64 on the host. See {@link PlainKernels}. */
final class PlainAttention {
    private final Function<Tensor, double[]> values;

    PlainAttention(Function<Tensor, double[]> values) {
        this.values = values;
    }

    private int keys(Optional<Tensor> lengths, int b, int query, int queries, int room, boolean causal) {
        int length = lengths.map(l -> (int) values.apply(l)[b]).orElse(room);
        return causal ? Math.max(0, Math.min(length, length - queries + query + 1)) : length;
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
        Heads heads = k.heads();
        double[] queries = factor(k.queries(), k.precision());
        double[] rows = factor(k.keysValues(), k.precision());
        double root = Math.sqrt(heads.size());
        int tq = k.queryLength();
        for (int query = 0; query < k.batch() * heads.count() * tq; query++) {
            int i = query % tq;
            int h = query / tq % heads.count();
            int b = query / tq / heads.count();
            int group = h / heads.perGroup();
            int from = (b * tq + i) * heads.fusedWidth() + heads.queryColumn(h);
            int to = (b * tq + i) * heads.width() + h * heads.size();
            Arrays.fill(values.apply(k.out()), to, to + heads.size(), 0);
            double sum = 0;
            for (int j = 0; j < keys(k.lengths(), b, i, tq, k.keyLength(), k.causal()); j++) {
                int row = (b * k.keyLength() + j) * heads.fusedWidth();
                double weight = Math.exp(dot(queries, from, rows, row + heads.keyColumn(group), heads.size()) / root);
                sum += weight;
                for (int c = 0; c < heads.size(); c++) {
                    values.apply(k.out())[to + c] += weight * rows[row + heads.valueColumn(group) + c];
                }
            }
            for (int c = 0; c < heads.size(); c++) {
                values.apply(k.out())[to + c] /= sum;
            }
            values.apply(k.logSumExp())[query] = Math.log(sum);
        }
    }

    void backward(AttentionBackward k) {
        Heads heads = k.heads();
        int t = k.length();
        Arrays.fill(values.apply(k.fusedGradient()), 0);
        double[] fused = factor(k.fused(), k.precision());
        double[] outGradient = factor(k.outGradient(), k.precision());
        for (int query = 0; query < k.batch() * heads.count() * t; query++) {
            int i = query % t;
            int h = query / t % heads.count();
            int b = query / t / heads.count();
            int out = (b * t + i) * heads.width() + h * heads.size();
            double delta = dot(values.apply(k.outGradient()), out, values.apply(k.out()), out, heads.size());
            values.apply(k.delta())[query] = delta;
            for (int j = 0; j < keys(k.lengths(), b, i, t, t, k.causal()); j++) {
                int from = (b * t + i) * heads.fusedWidth() + heads.queryColumn(h);
                pair(k, fused, outGradient, query, from, out, b * t + j);
            }
        }
    }

    private void pair(
            AttentionBackward k, double[] fused, double[] outGradient, int query, int from, int out, int keyRow) {
        Heads heads = k.heads();
        double[] gradient = values.apply(k.fusedGradient());
        int group = query / k.length() % heads.count() / heads.perGroup();
        int key = keyRow * heads.fusedWidth() + heads.keyColumn(group);
        int value = keyRow * heads.fusedWidth() + heads.valueColumn(group);
        double root = Math.sqrt(heads.size());
        double score = dot(fused, from, fused, key, heads.size()) / root;
        double weight = Math.exp(score - values.apply(k.logSumExp())[query]);
        double weightGradient = dot(outGradient, out, fused, value, heads.size());
        double scoreGradient = weight * (weightGradient - values.apply(k.delta())[query]) / root;
        for (int c = 0; c < heads.size(); c++) {
            gradient[value + c] += weight * outGradient[out + c];
            gradient[from + c] += scoreGradient * fused[key + c];
            gradient[key + c] += scoreGradient * fused[from + c];
        }
    }
}
