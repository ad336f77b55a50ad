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
            case AdamW k -> new ReferenceOptimizers(memory).adamW(k);
            case Add k -> add(k);
            case AddBias k -> addBias(k);
            case Attention k -> new ReferenceAttention(memory).forward(k);
            case AttentionBackward k -> new ReferenceAttention(memory).backward(k);
            case Choose k -> new ReferenceLogits(memory).choose(k);
            case Copy k -> copy(k);
            case CrossEntropy k -> new ReferenceLogits(memory).crossEntropy(k);
            case CrossEntropyBackward k -> new ReferenceLogits(memory).crossEntropyBackward(k);
            case Dropout k -> dropout(k);
            case Embed k -> new ReferenceRows(memory).embed(k);
            case EmbedBackward k -> new ReferenceRows(memory).embedBackward(k);
            case Fill k -> Arrays.fill(values(k.target()), k.value());
            case GatherRows k -> new ReferenceRows(memory).gatherRows(k);
            case Gelu k -> new ReferenceActivations(memory).gelu(k);
            case GeluBackward k -> new ReferenceActivations(memory).geluBackward(k);
            case Gemm k -> gemm(k);
            case Guide k -> new ReferenceLogits(memory).guide(k);
            case Int8Gemm k -> new ReferenceInt8(memory).gemm(k);
            case LayerNorm k -> new ReferenceNorms(memory).layerNorm(k);
            case MovingAverage k -> new ReferenceOptimizers(memory).movingAverage(k);
            case LayerNormBackward k -> new ReferenceNorms(memory).layerNormBackward(k);
            case Penalize k -> new ReferenceLogits(memory).penalize(k);
            case RmsNorm k -> new ReferenceNorms(memory).rmsNorm(k);
            case RmsNormBackward k -> new ReferenceNorms(memory).rmsNormBackward(k);
            case Rope k -> new ReferenceHeads(memory).rope(k);
            case Scale k -> scale(k);
            case ScatterHeads k -> new ReferenceHeads(memory).scatterHeads(k);
            case ScatterRows k -> new ReferenceRows(memory).scatterRows(k);
            case SumOfSquares k -> new ReferenceOptimizers(memory).sumOfSquares(k);
            case SumRows k -> sumRows(k);
            case SwiGlu k -> new ReferenceActivations(memory).swiGlu(k);
            case SwiGluBackward k -> new ReferenceActivations(memory).swiGluBackward(k);
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
                double rounding = lossOfProduct(k.precision()) * magnitude;
                c.put(at, sum + addend, (depth + 4) * UNIT * (magnitude + Math.abs(addend)) + rounding + lost);
            }
        }
    }

    /** How much a product of two factors as {@link #rounded} gives them may be off, of itself, before it is summed. */
    static double lossOfProduct(Precision precision) {
        return precision == Precision.TF32 ? TF32_UNIT : 0;
    }

    /** Factors of a matrix product as the precision has them. */
    static double[] rounded(double[] exact, Precision precision) {
        return switch (precision) {
            case F32, TF32 -> exact;
            case BF16 -> Arrays.stream(exact).map(HostTensor::roundToBfloat16).toArray();
        };
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
}
