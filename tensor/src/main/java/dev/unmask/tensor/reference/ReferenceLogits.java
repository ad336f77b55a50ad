package dev.unmask.tensor.reference;

import static dev.unmask.tensor.reference.ReferenceKernels.UNIT;

import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.Penalize;
import dev.unmask.tensor.kernel.Truncate;

import java.util.Arrays;
import java.util.function.Function;

/** What is done with logits, stated plainly in float64. See {@link ReferenceKernels}. */
final class ReferenceLogits {
    /** Lanes and blocks keep a sum over a vocabulary from collecting a rounding at every element. */
    private static final int ADDITIONS_PER_ROUNDING = 64;

    /** How far two ways of computing a score in float64 may be apart. */
    private static final double FLOAT64_SLACK = 1e-10;

    private final Function<Tensor, HostTensor> memory;

    ReferenceLogits(Function<Tensor, HostTensor> memory) {
        this.memory = memory;
    }

    private HostTensor host(Tensor tensor) {
        return memory.apply(tensor);
    }

    private int live(RowLimit limit, Tensor logits) {
        return ReferenceKernels.live(limit, logits.shape().rows(), memory);
    }

    private double[] row(Tensor logits, int row) {
        int width = logits.shape().columns();
        return Arrays.copyOfRange(host(logits).values, row * width, (row + 1) * width);
    }

    private static double logSumExp(double[] row) {
        double max = Arrays.stream(row).max().orElseThrow();
        return max + Math.log(Arrays.stream(row).map(x -> Math.exp(x - max)).sum());
    }

    void crossEntropy(CrossEntropy k) {
        for (int r = 0; r < live(k.limit(), k.logits()); r++) {
            int entry = k.limit().first() + r;
            double[] row = row(k.logits(), r);
            double logSumExp = logSumExp(row);
            double target = row[host(k.targets()).ints[entry]];
            double spread = 0;
            for (double x : row) {
                spread += Math.exp(x - logSumExp) * Math.abs(x - logSumExp);
            }
            double sumBound = UNIT * (spread + 16 + row.length / ADDITIONS_PER_ROUNDING + 2 * Math.abs(logSumExp));
            host(k.losses()).put(entry, logSumExp - target, sumBound + 2 * UNIT * Math.abs(target));
            host(k.logSumExp()).put(entry, logSumExp, sumBound);
        }
    }

    void crossEntropyBackward(CrossEntropyBackward k) {
        HostTensor gradient = host(k.logitsGradient());
        int width = k.logits().shape().columns();
        for (int r = 0; r < live(k.limit(), k.logits()); r++) {
            int entry = k.limit().first() + r;
            double[] row = row(k.logits(), r);
            double logSumExp = host(k.logSumExp()).values[entry];
            double weight = host(k.weights()).values[entry];
            int target = host(k.targets()).ints[entry];
            for (int v = 0; v < width; v++) {
                double p = Math.exp(row[v] - logSumExp);
                double bound = UNIT * (p * (16 + Math.abs(row[v] - logSumExp)) + (v == target ? 4 : 0));
                // A probability may be flushed to zero before it is multiplied.
                gradient.put(
                        r * width + v,
                        weight * (p - (v == target ? 1 : 0)),
                        Math.abs(weight) * (bound + HostTensor.SMALLEST));
            }
        }
    }

    void guide(Guide k) {
        double scale = host(k.scale()).values[0];
        int width = k.out().shape().columns();
        for (int i = 0; i < live(k.limit(), k.out()) * width; i++) {
            double c = host(k.conditional()).values[i];
            double u = host(k.unconditional()).values[i];
            double magnitude = Math.abs(u) + Math.abs(1 + scale) * (Math.abs(c) + Math.abs(u));
            host(k.out()).put(i, u + (1 + scale) * (c - u), 6 * UNIT * magnitude);
        }
    }

    void truncate(Truncate k) {
        double[] settings = host(k.settings()).values;
        double temperature = settings[Truncate.TEMPERATURE] == 0 ? 1 : settings[Truncate.TEMPERATURE];
        int width = k.logits().shape().columns();
        for (int r = 0; r < live(k.limit(), k.logits()); r++) {
            double[] row = row(k.logits(), r);
            double[] falling = Arrays.stream(row).map(x -> -x).sorted().map(x -> -x).toArray();
            int most = (int) settings[Truncate.TOP_K];
            double least = most == 0 || most >= width ? Double.NEGATIVE_INFINITY : falling[most - 1];
            double all = 0;
            for (double x : row) {
                all += x >= least ? Math.exp((x - falling[0]) / temperature) : 0;
            }
            for (int v = 0; v < width; v++) {
                double before = 0;
                for (double x : row) {
                    before += x > row[v] ? Math.exp((x - falling[0]) / temperature) : 0;
                }
                boolean stays =
                        row[v] >= least && (settings[Truncate.TOP_P] >= 1 || before <= settings[Truncate.TOP_P] * all);
                if (!stays) {
                    host(k.logits()).put(r * width + v, Truncate.NEVER, 0);
                }
            }
        }
    }

    void penalize(Penalize k) {
        double penalty = host(k.penalty()).values[0];
        int width = k.logits().shape().columns();
        int most = k.seen().shape().columns();
        for (int r = 0; r < live(k.limit(), k.logits()); r++) {
            int sequence = host(k.sequences()).ints[k.limit().first() + r];
            for (int i = 0; i < most; i++) {
                int token = host(k.seen()).ints[sequence * most + i];
                if (token >= 0 && token < width) {
                    double x = host(k.logits()).values[r * width + token];
                    double changed = x > 0 ? x / penalty : x * penalty;
                    host(k.logits()).put(r * width + token, changed, UNIT * Math.abs(changed));
                }
            }
        }
    }

    void choose(Choose k) {
        double temperature = host(k.temperature()).values[0];
        int[] words = host(k.seed()).ints;
        long seed = words[0] & 0xffffffffL | (long) words[1] << 32;
        long step = words[2] & 0xffffffffL | (long) words[3] << 32;
        for (int r = 0; r < live(k.limit(), k.logits()); r++) {
            int entry = k.limit().first() + r;
            double[] row = row(k.logits(), r);
            long firstIndex = (long) host(k.keys()).ints[entry] * row.length;
            int token = 0;
            double best = Double.NEGATIVE_INFINITY;
            for (int v = 0; v < row.length; v++) {
                double noisy = row[v];
                if (temperature > 0) {
                    double u = Philox.uniform53(seed, Purpose.GUMBEL, step, firstIndex + v);
                    noisy -= temperature * Math.log(-Math.log(u));
                }
                if (noisy > best) {
                    best = noisy;
                    token = v;
                }
            }
            score(k, entry, row, token);
        }
    }

    private void score(Choose k, int entry, double[] row, int token) {
        double logSumExp = logSumExp(row);
        double first = 0;
        double second = 0;
        double entropy = 0;
        for (double x : row) {
            double p = Math.exp(x - logSumExp);
            second = Math.max(second, Math.min(first, p));
            first = Math.max(first, p);
            entropy -= p > 0 ? p * (x - logSumExp) : 0;
        }
        double logConfidence = row[token] - logSumExp;
        host(k.tokens()).ints[entry] = token;
        host(k.logConfidence()).put(entry, logConfidence, 2 * UNIT * Math.abs(logConfidence) + FLOAT64_SLACK);
        host(k.margin()).put(entry, first - second, 2 * UNIT * (first - second) + FLOAT64_SLACK);
        host(k.entropy()).put(entry, entropy, 2 * UNIT * entropy + FLOAT64_SLACK);
    }
}
