package dev.unmask.tensor.reference;

import static dev.unmask.tensor.reference.ReferenceKernels.UNIT;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Embed;
import dev.unmask.tensor.kernel.EmbedBackward;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.ScatterRows;

import java.util.Arrays;
import java.util.function.Function;

/** Rows that are looked up, picked and put back, in float64, with bounds; see {@link ReferenceKernels}. */
final class ReferenceRows {
    private final Function<Tensor, HostTensor> memory;

    ReferenceRows(Function<Tensor, HostTensor> memory) {
        this.memory = memory;
    }

    private HostTensor host(Tensor tensor) {
        return memory.apply(tensor);
    }

    private double[] values(Tensor tensor) {
        return host(tensor).values;
    }

    void embed(Embed k) {
        int[] ids = host(k.ids()).ints;
        int width = k.table().shape().columns();
        for (int n = 0; n < ids.length; n++) {
            System.arraycopy(values(k.table()), ids[n] * width, values(k.out()), n * width, width);
        }
    }

    void embedBackward(EmbedBackward k) {
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

    void gatherRows(GatherRows k) {
        int width = k.source().shape().columns();
        for (int r = 0; r < ReferenceKernels.live(k.limit(), k.out().shape().rows(), memory); r++) {
            int row = host(k.rows()).ints[k.limit().first() + r];
            System.arraycopy(values(k.source()), row * width, values(k.out()), r * width, width);
        }
    }

    void scatterRows(ScatterRows k) {
        HostTensor target = host(k.target());
        int width = k.target().shape().columns();
        for (int r = 0; r < ReferenceKernels.live(k.limit(), k.source().shape().rows(), memory); r++) {
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
}
