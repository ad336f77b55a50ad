package dev.unmask.tornado;

import dev.unmask.tensor.BFloat16;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Kernel;
import dev.unmask.tensor.Philox;
import dev.unmask.tensor.Philox.Purpose;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.AdamW;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.AddBias;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.AttentionBackward;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.tensor.kernel.Penalize;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;
import dev.unmask.tensor.kernel.Rope;
import dev.unmask.tensor.kernel.Scale;
import dev.unmask.tensor.kernel.ScatterHeads;
import dev.unmask.tensor.kernel.ScatterRows;
import dev.unmask.tensor.kernel.SumOfSquares;
import dev.unmask.tensor.kernel.SumRows;
import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;
import dev.unmask.tensor.kernel.Truncate;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;

/** What a kernel computes, in plain float64 on the host, for {@link SelfTest}. */
final class PlainKernels {
    private final Kernel kernel;
    private final Map<Tensor, double[]> values = new IdentityHashMap<>();

    /** Takes copies of the operands as they are now. */
    PlainKernels(Kernel kernel) {
        this.kernel = kernel;
        kernel.inputs().forEach(t -> values.put(t, download(t)));
        kernel.outputs().forEach(t -> values.put(t, download(t)));
    }

    static double[] download(Tensor tensor) {
        if (tensor.dtype() == DType.I32) {
            return Arrays.stream(tensor.ints()).asDoubleStream().toArray();
        }
        float[] floats = tensor.floats();
        double[] result = new double[floats.length];
        Arrays.setAll(result, i -> floats[i]);
        return result;
    }

    double[] values(Tensor tensor) {
        return values.get(tensor);
    }

    private int integer(Tensor tensor, int index) {
        return (int) values(tensor)[index];
    }

    private int live(RowLimit limit, int rows) {
        return limit.count().map(count -> limit.live(integer(count, 0), rows)).orElse(rows);
    }

    void run() {
        switch (kernel) {
            case AdamW k -> adamW(k);
            case Add k -> Arrays.setAll(values(k.out()), i -> values(k.left())[i] + values(k.right())[i]);
            case Attention k -> attention(k);
            case AttentionBackward k -> attentionBackward(k);
            case Choose k -> choose(k);
            case Truncate k -> truncate(k);
            case Penalize k -> penalize(k);
            case Copy k -> Arrays.setAll(values(k.target()), i -> values(k.source())[i]);
            case CrossEntropy k -> crossEntropy(k);
            case CrossEntropyBackward k -> crossEntropyBackward(k);
            case Embed k -> embed(k);
            case EmbedBackward k -> embedBackward(k);
            case Fill k -> Arrays.fill(values(k.target()), k.value());
            case GatherRows k -> gatherRows(k);
            case Gemm k -> gemm(k);
            case Guide k -> guide(k);
            case RmsNorm k -> rmsNorm(k);
            case RmsNormBackward k -> rmsNormBackward(k);
            case AddBias k -> addBias(k);
            case SumRows k -> sumRows(k);
            case Scale k -> scale(k);
            case LayerNorm k -> layerNorm(k);
            case LayerNormBackward k -> layerNormBackward(k);
            case Gelu k -> gelu(k);
            case GeluBackward k -> geluBackward(k);
            case Rope k -> rope(k);
            case ScatterHeads k -> scatterHeads(k);
            case ScatterRows k -> scatterRows(k);
            case SumOfSquares k -> values(k.sums())[k.slot()] = Arrays.stream(values(k.x())).map(x -> x * x).sum();
            case SwiGlu k -> swiGlu(k);
            case SwiGluBackward k -> swiGluBackward(k);
        }
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private void swiGlu(SwiGlu k) {
        for (int i = 0; i < live(k.limit(), k.gate().shape().rows()) * k.gate().shape().columns(); i++) {
            double gate = values(k.gate())[i];
            values(k.out())[i] = gate * sigmoid(gate) * values(k.up())[i];
        }
    }

    private void swiGluBackward(SwiGluBackward k) {
        for (int i = 0; i < live(k.limit(), k.gate().shape().rows()) * k.gate().shape().columns(); i++) {
            double gate = values(k.gate())[i];
            double s = sigmoid(gate);
            double gradient = values(k.outGradient())[i];
            values(k.gateGradient())[i] = gradient * values(k.up())[i] * s * (1 + gate * (1 - s));
            values(k.upGradient())[i] = gradient * gate * s;
        }
    }

    private void embed(Embed k) {
        int width = k.out().shape().columns();
        Arrays.setAll(values(k.out()), i -> values(k.table())[integer(k.ids(), i / width) * width + i % width]);
    }

    private void embedBackward(EmbedBackward k) {
        int width = k.outGradient().shape().columns();
        for (int i = 0; i < values(k.outGradient()).length; i++) {
            values(k.tableGradient())[integer(k.ids(), i / width) * width + i % width] += values(k.outGradient())[i];
        }
    }

    private void gatherRows(GatherRows k) {
        int width = k.out().shape().columns();
        for (int i = 0; i < live(k.limit(), k.out().shape().rows()) * width; i++) {
            int from = integer(k.rows(), k.limit().first() + i / width);
            values(k.out())[i] = values(k.source())[from * width + i % width];
        }
    }

    private void scatterRows(ScatterRows k) {
        int width = k.source().shape().columns();
        for (int i = 0; i < live(k.limit(), k.source().shape().rows()) * width; i++) {
            int at = integer(k.rows(), k.limit().first() + i / width) * width + i % width;
            values(k.target())[at] = values(k.source())[i] + (k.accumulate() ? values(k.target())[at] : 0);
        }
    }

    private void scatterHeads(ScatterHeads k) {
        for (int n = 0; n < k.source().rows(); n++) {
            int to = integer(k.rows(), n) * k.target().columns();
            for (int head = 0; head < k.source().count(); head++) {
                System.arraycopy(
                        values(k.source().tensor()),
                        n * k.source().columns() + k.source().column(head),
                        values(k.target().tensor()),
                        to + k.target().column(head),
                        k.source().size());
            }
        }
    }

    private void rope(Rope k) {
        HeadRows heads = k.heads();
        for (int n = 0; n < heads.rows(); n++) {
            for (int head = 0; head < heads.count(); head++) {
                rotate(k, n * heads.columns() + heads.column(head), integer(k.positions(), n) * heads.size());
            }
        }
    }

    private void rotate(Rope k, int at, int angles) {
        double[] fused = values(k.heads().tensor());
        int half = k.heads().size() / 2;
        for (int i = 0; i < half; i++) {
            double cos = values(k.table())[angles + i];
            double sin = values(k.table())[angles + half + i] * (k.inverse() ? -1 : 1);
            double a = fused[at + i];
            double b = fused[at + half + i];
            fused[at + i] = a * cos - b * sin;
            fused[at + half + i] = a * sin + b * cos;
        }
    }

    private void addBias(AddBias k) {
        int width = k.x().shape().columns();
        for (int i = 0; i < live(k.limit(), k.x().shape().rows()) * width; i++) {
            values(k.out())[i] = values(k.x())[i] + values(k.bias())[i % width];
        }
    }

    private void sumRows(SumRows k) {
        int width = k.x().shape().columns();
        for (int i = 0; i < live(k.limit(), k.x().shape().rows()) * width; i++) {
            values(k.sums())[i % width] += values(k.x())[i];
        }
    }

    private void scale(Scale k) {
        for (int i = 0; i < live(k.limit(), k.x().shape().rows()) * k.x().shape().columns(); i++) {
            values(k.out())[i] = k.factor() * values(k.x())[i];
        }
    }

    private void gelu(Gelu k) {
        for (int i = 0; i < live(k.limit(), k.x().shape().rows()) * k.x().shape().columns(); i++) {
            values(k.out())[i] = values(k.x())[i] * phi(values(k.x())[i]);
        }
    }

    private void geluBackward(GeluBackward k) {
        for (int i = 0; i < live(k.limit(), k.x().shape().rows()) * k.x().shape().columns(); i++) {
            double x = values(k.x())[i];
            double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
            values(k.xGradient())[i] = values(k.outGradient())[i] * (phi(x) + x * density);
        }
    }

    /** The normal distribution function, by its series; the arguments of the cases are small. */
    private static double phi(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; n < 100; n++) {
            term *= x * x / (2 * n + 1);
            sum += term;
        }
        return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    private void layerNorm(LayerNorm k) {
        int width = k.x().shape().columns();
        double[] x = values(k.x());
        for (int n = 0; n < live(k.limit(), k.x().shape().rows()); n++) {
            double mean = 0;
            double variance = 0;
            for (int c = 0; c < width; c++) {
                mean += x[n * width + c] / width;
            }
            for (int c = 0; c < width; c++) {
                variance += Math.pow(x[n * width + c] - mean, 2) / width;
            }
            double inverse = 1 / Math.sqrt(variance + k.epsilon());
            values(k.mean())[n] = mean;
            values(k.inverseDeviation())[n] = inverse;
            for (int c = 0; c < width; c++) {
                values(k.out())[n * width + c] = values(k.weight())[c] * (x[n * width + c] - mean) * inverse;
            }
        }
    }

    private void layerNormBackward(LayerNormBackward k) {
        int width = k.x().shape().columns();
        double[] gradient = values(k.outGradient());
        for (int n = 0; n < live(k.limit(), k.x().shape().rows()); n++) {
            double r = values(k.inverseDeviation())[n];
            double[] u = new double[width];
            double pull = 0;
            double slope = 0;
            for (int c = 0; c < width; c++) {
                u[c] = (values(k.x())[n * width + c] - values(k.mean())[n]) * r;
                pull += values(k.weight())[c] * gradient[n * width + c] / width;
                slope += values(k.weight())[c] * gradient[n * width + c] * u[c] / width;
            }
            for (int c = 0; c < width; c++) {
                int i = n * width + c;
                double residual = k.residual().isPresent() ? values(k.residual().get())[i] : 0;
                values(k.weightGradient())[c] += gradient[i] * u[c];
                values(k.xGradient())[i] = r * (values(k.weight())[c] * gradient[i] - pull - u[c] * slope) + residual;
            }
        }
    }

    private void rmsNorm(RmsNorm k) {
        int width = k.width();
        double[] x = values(k.x());
        for (int n = 0; n < live(k.limit(), k.pieces()); n++) {
            double squares = 0;
            for (int c = 0; c < width; c++) {
                squares += x[n * width + c] * x[n * width + c];
            }
            double inverse = 1 / Math.sqrt(squares / width + k.epsilon());
            values(k.inverseRms())[n] = inverse;
            for (int c = 0; c < width; c++) {
                values(k.out())[n * width + c] = values(k.weight())[c] * x[n * width + c] * inverse;
            }
        }
    }

    private void rmsNormBackward(RmsNormBackward k) {
        int width = k.width();
        double[] x = values(k.x());
        double[] gradient = values(k.outGradient());
        for (int n = 0; n < live(k.limit(), k.pieces()); n++) {
            double r = values(k.inverseRms())[n];
            double mean = 0;
            for (int c = 0; c < width; c++) {
                mean += values(k.weight())[c] * gradient[n * width + c] * x[n * width + c] / width;
            }
            for (int c = 0; c < width; c++) {
                int i = n * width + c;
                double residual = k.residual().isPresent() ? values(k.residual().get())[i] : 0;
                values(k.xGradient())[i] = r * (values(k.weight())[c] * gradient[i] - x[i] * r * r * mean) + residual;
                values(k.weightGradient())[c] += gradient[i] * x[i] * r;
            }
        }
    }

    private void gemm(Gemm k) {
        int live = live(k.limit(), k.a().shape().rows());
        int rows = k.transposeA() ? k.m() : live;
        int depth = k.transposeA() ? live : k.k();
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < k.n(); j++) {
                double sum = k.addend().isPresent() ? values(k.addend().get())[i * k.n() + j] : 0;
                for (int p = 0; p < depth; p++) {
                    sum +=
                            rounded(values(k.a())[k.transposeA() ? p * k.m() + i : i * k.k() + p], k.precision())
                                    * rounded(
                                            values(k.b())[k.transposeB() ? j * k.k() + p : p * k.n() + j],
                                            k.precision());
                }
                values(k.c())[i * k.n() + j] = sum;
            }
        }
    }

    static double rounded(double value, Precision precision) {
        if (precision != Precision.BF16) {
            return value;
        }
        return BFloat16.round((float) value);
    }

    private void attention(Attention k) {
        new PlainAttention(this::values).forward(k);
    }

    private void attentionBackward(AttentionBackward k) {
        new PlainAttention(this::values).backward(k);
    }

    private static double logSumExp(double[] logits, int at, int width) {
        double sum = 0;
        for (int v = 0; v < width; v++) {
            sum += Math.exp(logits[at + v]);
        }
        return Math.log(sum);
    }

    private void crossEntropy(CrossEntropy k) {
        int width = k.logits().shape().columns();
        for (int n = 0; n < live(k.limit(), k.logits().shape().rows()); n++) {
            int entry = k.limit().first() + n;
            double sum = logSumExp(values(k.logits()), n * width, width);
            values(k.logSumExp())[entry] = sum;
            values(k.losses())[entry] = sum - values(k.logits())[n * width + integer(k.targets(), entry)];
        }
    }

    private void crossEntropyBackward(CrossEntropyBackward k) {
        int width = k.logits().shape().columns();
        for (int i = 0; i < live(k.limit(), k.logits().shape().rows()) * width; i++) {
            int entry = k.limit().first() + i / width;
            double p = Math.exp(values(k.logits())[i] - values(k.logSumExp())[entry]);
            values(k.logitsGradient())[i] =
                    values(k.weights())[entry] * (p - (i % width == integer(k.targets(), entry) ? 1 : 0));
        }
    }

    private void guide(Guide k) {
        double scale = values(k.scale())[0];
        int width = k.out().shape().columns();
        for (int i = 0; i < live(k.limit(), k.out().shape().rows()) * width; i++) {
            double u = values(k.unconditional())[i];
            values(k.out())[i] = u + (1 + scale) * (values(k.conditional())[i] - u);
        }
    }

    private void truncate(Truncate k) {
        double[] settings = values(k.settings());
        double temperature = settings[Truncate.TEMPERATURE] == 0 ? 1 : settings[Truncate.TEMPERATURE];
        int width = k.logits().shape().columns();
        int most = settings[Truncate.TOP_K] == 0 ? width : Math.min(width, (int) settings[Truncate.TOP_K]);
        for (int n = 0; n < live(k.limit(), k.logits().shape().rows()); n++) {
            double[] row = Arrays.copyOfRange(values(k.logits()), n * width, (n + 1) * width);
            double[] sorted = row.clone();
            Arrays.sort(sorted);
            double least = sorted[width - most];
            double top = sorted[width - 1];
            double all = Arrays.stream(row).filter(x -> x >= least).map(x -> Math.exp((x - top) / temperature)).sum();
            for (int v = 0; v < width; v++) {
                double own = row[v];
                double before =
                        Arrays.stream(row).filter(x -> x > own).map(x -> Math.exp((x - top) / temperature)).sum();
                boolean stays =
                        own >= least && (settings[Truncate.TOP_P] >= 1 || before <= settings[Truncate.TOP_P] * all);
                values(k.logits())[n * width + v] = stays ? own : Truncate.NEVER;
            }
        }
    }

    private void penalize(Penalize k) {
        int width = k.logits().shape().columns();
        int columns = k.seen().shape().columns();
        double penalty = values(k.penalty())[0];
        for (int n = 0; n < live(k.limit(), k.logits().shape().rows()); n++) {
            int sequence = integer(k.sequences(), k.limit().first() + n);
            for (int i = 0; i < columns; i++) {
                int token = integer(k.seen(), sequence * columns + i);
                if (token >= 0 && token < width) {
                    double x = values(k.logits())[n * width + token];
                    values(k.logits())[n * width + token] = x > 0 ? x / penalty : x * penalty;
                }
            }
        }
    }

    private void choose(Choose k) {
        int width = k.logits().shape().columns();
        double temperature = values(k.temperature())[0];
        long seed = Integer.toUnsignedLong(integer(k.seed(), 0)) | (long) integer(k.seed(), 1) << 32;
        long step = Integer.toUnsignedLong(integer(k.seed(), 2)) | (long) integer(k.seed(), 3) << 32;
        for (int n = 0; n < live(k.limit(), k.logits().shape().rows()); n++) {
            int entry = k.limit().first() + n;
            double[] row = Arrays.copyOfRange(values(k.logits()), n * width, (n + 1) * width);
            double sum = logSumExp(row, 0, width);
            int token = 0;
            double best = Double.NEGATIVE_INFINITY;
            double entropy = 0;
            for (int v = 0; v < width; v++) {
                long index = (long) integer(k.keys(), entry) * width + v;
                double noise = Math.log(-Math.log(Philox.uniform53(seed, Purpose.GUMBEL, step, index)));
                double noisy = row[v] - temperature * noise;
                if (noisy > best) {
                    best = noisy;
                    token = v;
                }
                entropy -= Math.exp(row[v] - sum) * (row[v] - sum);
            }
            values(k.tokens())[entry] = token;
            values(k.logConfidence())[entry] = row[token] - sum;
            values(k.entropy())[entry] = entropy;
            Arrays.sort(row);
            values(k.margin())[entry] = Math.exp(row[width - 1] - sum) - Math.exp(row[width - 2] - sum);
        }
    }

    private void adamW(AdamW k) {
        double[] s = values(k.settings());
        double norm = Math.sqrt(Arrays.stream(values(k.squaredNorms())).sum());
        double clip = Math.min(1, s[AdamW.MAX_NORM] / (norm + 1e-6));
        for (int i = 0; i < values(k.parameter()).length; i++) {
            double g = clip * values(k.gradient())[i];
            double m = s[AdamW.BETA1] * values(k.firstMoment())[i] + (1 - s[AdamW.BETA1]) * g;
            double v = s[AdamW.BETA2] * values(k.secondMoment())[i] + (1 - s[AdamW.BETA2]) * g * g;
            double denominator = Math.sqrt(v) / Math.sqrt(s[AdamW.CORRECTION2]) + s[AdamW.EPSILON];
            values(k.firstMoment())[i] = m;
            values(k.secondMoment())[i] = v;
            values(k.parameter())[i] =
                    values(k.parameter())[i] * (1 - s[AdamW.LEARNING_RATE] * s[AdamW.WEIGHT_DECAY])
                            - s[AdamW.LEARNING_RATE] / s[AdamW.CORRECTION1] * m / denominator;
        }
    }
}
