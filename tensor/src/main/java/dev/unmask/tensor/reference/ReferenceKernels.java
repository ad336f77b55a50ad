package dev.unmask.tensor.reference;

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
import dev.unmask.tensor.kernel.Dropout;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Guide;
import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.tensor.kernel.MovingAverage;
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
import java.util.function.Function;

/**
 * What every kernel computes, stated plainly in float64: the judge of all backends.
 *
 * <p>With each element goes a bound on the error of float32 arithmetic: the unit roundoff, times the number of
 * roundings on the way, times the sum of the magnitudes that went in (Higham, Accuracy and Stability of Numerical
 * Algorithms, §3.1). The size of the result alone would be no yardstick, since terms cancel. An element that a kernel
 * must not write keeps its value and the bound zero.
 */
public final class ReferenceKernels {
    /** The unit roundoff of float32. */
    static final double UNIT = 0x1p-24;

    /** How much a product of two factors of TF32 may be off, of itself; tensor cores cut bits off. */
    private static final double TF32_UNIT = 0x1p-8;

    /** Of {@code e^-x}, which is below half the least number of float32 from here on. */
    private static final double LARGEST_EXPONENT = 104;

    private final Function<Tensor, HostTensor> memory;

    /**
     * Kernels on host copies of tensors.
     *
     * @param memory gives each tensor's, always the same
     */
    public ReferenceKernels(Function<Tensor, HostTensor> memory) {
        this.memory = memory;
    }

    /**
     * Runs one kernel on the host copies of its operands, and sets bounds of its results.
     *
     * @param kernel the kernel
     */
    public void run(Kernel kernel) {
        for (Tensor output : kernel.outputs()) {
            Arrays.fill(host(output).bounds, 0);
        }
        switch (kernel) {
            case AdamW k -> adamW(k);
            case Add k -> add(k);
            case AddBias k -> addBias(k);
            case Attention k -> new ReferenceAttention(memory).forward(k);
            case AttentionBackward k -> new ReferenceAttention(memory).backward(k);
            case Choose k -> new ReferenceLogits(memory).choose(k);
            case Copy k -> copy(k);
            case CrossEntropy k -> new ReferenceLogits(memory).crossEntropy(k);
            case CrossEntropyBackward k -> new ReferenceLogits(memory).crossEntropyBackward(k);
            case Dropout k -> dropout(k);
            case Embed k -> embed(k);
            case EmbedBackward k -> embedBackward(k);
            case Fill k -> Arrays.fill(values(k.target()), k.value());
            case GatherRows k -> gatherRows(k);
            case Gelu k -> new ReferenceGelu(memory).gelu(k);
            case GeluBackward k -> new ReferenceGelu(memory).geluBackward(k);
            case Gemm k -> gemm(k);
            case Guide k -> new ReferenceLogits(memory).guide(k);
            case Int8Gemm k -> new ReferenceInt8(memory).gemm(k);
            case LayerNorm k -> new ReferenceNorms(memory).layerNorm(k);
            case MovingAverage k -> movingAverage(k);
            case LayerNormBackward k -> new ReferenceNorms(memory).layerNormBackward(k);
            case Penalize k -> new ReferenceLogits(memory).penalize(k);
            case RmsNorm k -> rmsNorm(k);
            case RmsNormBackward k -> rmsNormBackward(k);
            case Rope k -> rope(k);
            case Scale k -> scale(k);
            case ScatterHeads k -> scatterHeads(k);
            case ScatterRows k -> scatterRows(k);
            case SumOfSquares k -> sumOfSquares(k);
            case SumRows k -> sumRows(k);
            case SwiGlu k -> swiGlu(k);
            case SwiGluBackward k -> swiGluBackward(k);
            case Truncate k -> new ReferenceLogits(memory).truncate(k);
        }
    }

    private HostTensor host(Tensor tensor) {
        return memory.apply(tensor);
    }

    private double[] values(Tensor tensor) {
        return host(tensor).values;
    }

    /** How many of the first {@code rows} rows are live. */
    static int live(RowLimit limit, int rows, Function<Tensor, HostTensor> memory) {
        return limit.count().map(count -> limit.live(memory.apply(count).ints[0], rows)).orElse(rows);
    }

    private void gemm(Gemm k) {
        double[] a = rounded(values(k.a()), k.precision());
        double[] b = rounded(values(k.b()), k.precision());
        HostTensor c = host(k.c());
        int live = live(k.limit(), k.a().shape().rows(), memory);
        int rows = k.transposeA() ? k.m() : live;
        int depth = k.transposeA() ? live : k.k();
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < k.n(); j++) {
                double sum = 0;
                double magnitude = 0;
                double lost = 0;
                for (int p = 0; p < depth; p++) {
                    double left = a[k.transposeA() ? p * k.m() + i : i * k.k() + p];
                    double right = b[k.transposeB() ? j * k.k() + p : p * k.n() + j];
                    sum += left * right;
                    magnitude += Math.abs(left * right);
                    lost += Underflow.of(left, right, k.precision());
                }
                int at = i * k.n() + j;
                double addend = k.addend().isPresent() ? values(k.addend().get())[at] : 0;
                double rounding = k.precision() == Precision.TF32 ? TF32_UNIT * magnitude : 0;
                c.put(at, sum + addend, (depth + 4) * UNIT * (magnitude + Math.abs(addend)) + rounding + lost);
            }
        }
    }

    /** Factors of a matrix product as the precision has them. */
    static double[] rounded(double[] exact, Precision precision) {
        return switch (precision) {
            case F32, TF32 -> exact;
            case BF16 -> Arrays.stream(exact).map(HostTensor::roundToBfloat16).toArray();
        };
    }

    private void embed(Embed k) {
        int[] ids = host(k.ids()).ints;
        int width = k.table().shape().columns();
        for (int n = 0; n < ids.length; n++) {
            System.arraycopy(values(k.table()), ids[n] * width, values(k.out()), n * width, width);
        }
    }

    private void embedBackward(EmbedBackward k) {
        int[] ids = host(k.ids()).ints;
        HostTensor table = host(k.tableGradient());
        double[] gradient = values(k.outGradient());
        int width = k.tableGradient().shape().columns();
        double[] magnitude = Arrays.stream(table.values).map(Math::abs).toArray();
        int[] terms = new int[k.tableGradient().shape().rows()];
        for (int n = 0; n < ids.length; n++) {
            terms[ids[n]]++;
            for (int c = 0; c < width; c++) {
                table.values[ids[n] * width + c] += gradient[n * width + c];
                magnitude[ids[n] * width + c] += Math.abs(gradient[n * width + c]);
            }
        }
        for (int i = 0; i < magnitude.length; i++) {
            table.bounds[i] = terms[i / width] * (UNIT * magnitude[i] + HostTensor.SMALLEST);
        }
    }

    private void rmsNorm(RmsNorm k) {
        double[] x = values(k.x());
        double[] weight = values(k.weight());
        int width = k.width();
        for (int n = 0; n < live(k.limit(), k.pieces(), memory); n++) {
            double squares = 0;
            for (int c = 0; c < width; c++) {
                squares += x[n * width + c] * x[n * width + c];
            }
            double inverse = 1 / Math.sqrt(squares / width + k.epsilon());
            host(k.inverseRms()).put(n, inverse, (width / 2.0 + 8) * UNIT * inverse);
            for (int c = 0; c < width; c++) {
                double y = weight[c] * x[n * width + c] * inverse;
                host(k.out()).put(n * width + c, y, (width / 2.0 + 12) * UNIT * Math.abs(y));
            }
        }
    }

    private void rmsNormBackward(RmsNormBackward k) {
        double[] x = values(k.x());
        double[] weight = values(k.weight());
        double[] outGradient = values(k.outGradient());
        HostTensor dx = host(k.xGradient());
        HostTensor dw = host(k.weightGradient());
        int rows = live(k.limit(), k.pieces(), memory);
        int width = k.width();
        double[] magnitude = Arrays.stream(dw.values).map(Math::abs).toArray();
        for (int n = 0; n < rows; n++) {
            double r = values(k.inverseRms())[n];
            double mean = 0;
            double meanMagnitude = 0;
            for (int c = 0; c < width; c++) {
                double term = weight[c] * outGradient[n * width + c] * x[n * width + c] / width;
                mean += term;
                meanMagnitude += Math.abs(term);
            }
            for (int c = 0; c < width; c++) {
                int at = n * width + c;
                double g = weight[c] * outGradient[at];
                double residual = k.residual().isPresent() ? values(k.residual().get())[at] : 0;
                double scale = Math.abs(r * g) + r * r * r * Math.abs(x[at]) * meanMagnitude + Math.abs(residual);
                dx.put(at, r * (g - x[at] * r * r * mean) + residual, (width + 12) * UNIT * scale);
                dw.values[c] += outGradient[at] * x[at] * r;
                magnitude[c] += Math.abs(outGradient[at] * x[at] * r);
            }
        }
        Arrays.setAll(dw.bounds, c -> (rows + 6) * UNIT * magnitude[c] + HostTensor.SMALLEST);
    }

    private void rope(Rope k) {
        HostTensor rows = host(k.heads().tensor());
        int[] positions = host(k.positions()).ints;
        for (int n = 0; n < positions.length; n++) {
            for (int head = 0; head < k.heads().count(); head++) {
                int at = n * k.heads().columns() + k.heads().column(head);
                rotate(k, rows, at, positions[n] * k.heads().size());
            }
        }
    }

    private void scatterHeads(ScatterHeads k) {
        int[] rows = host(k.rows()).ints;
        for (int n = 0; n < rows.length; n++) {
            for (int head = 0; head < k.source().count(); head++) {
                System.arraycopy(
                        values(k.source().tensor()),
                        n * k.source().columns() + k.source().column(head),
                        values(k.target().tensor()),
                        rows[n] * k.target().columns() + k.target().column(head),
                        k.source().size());
            }
        }
    }

    private void rotate(Rope k, HostTensor fused, int at, int angles) {
        double[] table = values(k.table());
        int half = k.heads().size() / 2;
        for (int i = 0; i < half; i++) {
            double cos = table[angles + i];
            double sin = k.inverse() ? -table[angles + half + i] : table[angles + half + i];
            double a = fused.values[at + i];
            double b = fused.values[at + half + i];
            fused.put(at + i, a * cos - b * sin, 3 * UNIT * (Math.abs(a * cos) + Math.abs(b * sin)));
            fused.put(at + half + i, a * sin + b * cos, 3 * UNIT * (Math.abs(a * sin) + Math.abs(b * cos)));
        }
    }

    private void swiGlu(SwiGlu k) {
        double[] gate = values(k.gate());
        double[] up = values(k.up());
        int live = live(k.limit(), k.gate().shape().rows(), memory) * k.gate().shape().columns();
        for (int i = 0; i < live; i++) {
            double out = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
            // The sigmoid may be flushed to zero before it is multiplied.
            host(k.out()).put(i, out, 16 * UNIT * Math.abs(out) + HostTensor.SMALLEST * Math.abs(gate[i] * up[i]));
        }
    }

    private void swiGluBackward(SwiGluBackward k) {
        double[] gates = values(k.gate());
        double[] ups = values(k.up());
        double[] outGradient = values(k.outGradient());
        int live = live(k.limit(), k.gate().shape().rows(), memory) * k.gate().shape().columns();
        for (int i = 0; i < live; i++) {
            double gate = gates[i];
            double up = ups[i];
            double s = 1 / (1 + Math.exp(-gate));
            double gateGradient = outGradient[i] * up * s * (1 + gate * (1 - s));
            double upGradient = outGradient[i] * gate * s;
            // From here on a sigmoid is zero or one to the last bit.
            double scale = Math.abs(outGradient[i] * up) * (1 + Math.min(Math.abs(gate), LARGEST_EXPONENT));
            double upScale = Math.abs(outGradient[i] * gate);
            host(k.gateGradient()).put(i, gateGradient, (24 * UNIT * s + HostTensor.SMALLEST) * scale);
            host(k.upGradient()).put(i, upGradient, (16 * UNIT * s + HostTensor.SMALLEST) * upScale);
        }
    }

    private void add(Add k) {
        double[] left = values(k.left());
        double[] right = values(k.right());
        for (int i = 0; i < left.length; i++) {
            double sum = left[i] + right[i];
            host(k.out()).put(i, sum, UNIT * Math.abs(sum));
        }
    }

    private void addBias(AddBias k) {
        double[] bias = values(k.bias());
        int width = k.out().shape().columns();
        for (int i = 0; i < live(k.limit(), k.x().shape().rows(), memory) * width; i++) {
            double sum = values(k.x())[i] + bias[i % width];
            host(k.out()).put(i, sum, UNIT * Math.abs(sum));
        }
    }

    private void sumRows(SumRows k) {
        HostTensor sums = host(k.sums());
        double[] magnitude = Arrays.stream(sums.values).map(Math::abs).toArray();
        int rows = live(k.limit(), k.x().shape().rows(), memory);
        int width = k.x().shape().columns();
        for (int i = 0; i < rows * width; i++) {
            sums.values[i % width] += values(k.x())[i];
            magnitude[i % width] += Math.abs(values(k.x())[i]);
        }
        Arrays.setAll(sums.bounds, c -> (rows + 1) * UNIT * magnitude[c] + HostTensor.SMALLEST);
    }

    private void scale(Scale k) {
        int live = live(k.limit(), k.x().shape().rows(), memory) * k.x().shape().columns();
        for (int i = 0; i < live; i++) {
            double product = k.factor() * values(k.x())[i];
            host(k.out()).put(i, product, UNIT * Math.abs(product));
        }
    }

    private void copy(Copy k) {
        HostTensor source = host(k.source());
        System.arraycopy(source.values, 0, values(k.target()), 0, source.values.length);
        System.arraycopy(source.ints, 0, host(k.target()).ints, 0, source.ints.length);
    }

    private void gatherRows(GatherRows k) {
        int width = k.source().shape().columns();
        for (int r = 0; r < live(k.limit(), k.out().shape().rows(), memory); r++) {
            int row = host(k.rows()).ints[k.limit().first() + r];
            System.arraycopy(values(k.source()), row * width, values(k.out()), r * width, width);
        }
    }

    private void scatterRows(ScatterRows k) {
        HostTensor target = host(k.target());
        int width = k.target().shape().columns();
        for (int r = 0; r < live(k.limit(), k.source().shape().rows(), memory); r++) {
            int row = host(k.rows()).ints[k.limit().first() + r];
            for (int c = 0; c < width; c++) {
                double value = values(k.source())[r * width + c];
                if (k.accumulate()) {
                    double sum = target.values[row * width + c] + value;
                    target.put(row * width + c, sum, UNIT * Math.abs(sum));
                } else {
                    target.values[row * width + c] = value;
                }
            }
        }
    }

    private void sumOfSquares(SumOfSquares k) {
        double sum = 0;
        for (double x : values(k.x())) {
            sum += x * x;
        }
        host(k.sums()).put(k.slot(), sum, 2 * UNIT * sum);
    }

    private void dropout(Dropout k) {
        int[] draw = host(k.draw()).ints;
        int width = k.x().shape().columns();
        int[] block = new int[4];
        for (int r = 0; r < live(k.limit(), k.x().shape().rows(), memory); r++) {
            int entry = k.limit().first() + r;
            long number = word(draw, 4) + k.rows().map(rows -> host(rows).ints[entry]).orElse(r);
            for (int c = 0; c < width; c++) {
                long index = number * ((width + 7) / 8) + c / 8;
                long step = word(draw, 2) + Dropout.STEPS * k.stream();
                Philox.block(word(draw, 0), Purpose.DROPOUT, step, index, block);
                int half = block[c % 8 / 2] >>> 16 * (c % 2) & 0xFFFF;
                int at = r * width + c;
                double value = half < k.threshold() ? 0 : (double) k.factor() * values(k.x())[at];
                double sum = k.accumulate() ? values(k.out())[at] + value : value;
                host(k.out()).put(at, sum, UNIT * (Math.abs(value) + Math.abs(sum)));
            }
        }
    }

    /** Two words, the low one first. */
    private static long word(int[] words, int at) {
        return (long) words[at + 1] << 32 | words[at] & 0xFFFFFFFFL;
    }

    private void movingAverage(MovingAverage k) {
        double share = values(k.share())[0];
        HostTensor average = host(k.average());
        for (int i = 0; i < average.values.length; i++) {
            double before = average.values[i];
            double way = values(k.value())[i] - before;
            double after = before + share * way;
            average.put(i, after, UNIT * (Math.abs(after) + 4 * Math.abs(share * way)));
        }
    }

    private void adamW(AdamW k) {
        double[] settings = values(k.settings());
        double rate = settings[AdamW.LEARNING_RATE];
        double beta1 = settings[AdamW.BETA1];
        double beta2 = settings[AdamW.BETA2];
        double norm = Math.sqrt(Arrays.stream(values(k.squaredNorms())).sum());
        double clip = Math.min(1, settings[AdamW.MAX_NORM] / (norm + 1e-6));
        double root = Math.sqrt(settings[AdamW.CORRECTION2]);
        HostTensor parameter = host(k.parameter());
        HostTensor firstMoment = host(k.firstMoment());
        HostTensor secondMoment = host(k.secondMoment());
        for (int i = 0; i < parameter.values.length; i++) {
            double gradient = clip * values(k.gradient())[i];
            double m = beta1 * firstMoment.values[i] + (1 - beta1) * gradient;
            double mScale = Math.abs(beta1 * firstMoment.values[i]) + Math.abs((1 - beta1) * gradient);
            double v = beta2 * secondMoment.values[i] + (1 - beta2) * gradient * gradient;
            double step = rate / settings[AdamW.CORRECTION1] / (Math.sqrt(v) / root + settings[AdamW.EPSILON]);
            double decayed = parameter.values[i] * (1 - rate * settings[AdamW.WEIGHT_DECAY]);
            firstMoment.put(i, m, 8 * UNIT * mScale);
            secondMoment.put(i, v, 16 * UNIT * v);
            parameter.put(i, decayed - step * m, UNIT * (4 * Math.abs(decayed) + 32 * step * mScale));
        }
    }
}
