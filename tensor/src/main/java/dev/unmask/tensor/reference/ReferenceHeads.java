package dev.unmask.tensor.reference;

import static dev.unmask.tensor.reference.ReferenceKernels.UNIT;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Rope;
import dev.unmask.tensor.kernel.ScatterHeads;

import java.util.function.Function;

/**
 * Heads that are turned by their positions or put into a cache, in float64, with bounds; see {@link ReferenceKernels}.
 */
final class ReferenceHeads {
    private final Function<Tensor, HostTensor> memory;

    ReferenceHeads(Function<Tensor, HostTensor> memory) {
        this.memory = memory;
    }

    private HostTensor host(Tensor tensor) {
        return memory.apply(tensor);
    }

    private double[] values(Tensor tensor) {
        return host(tensor).values;
    }

    void rope(Rope k) {
        HostTensor rows = host(k.heads().tensor());
        int[] positions = host(k.positions()).ints;
        for (int n = 0; n < positions.length; n++) {
            for (int head = 0; head < k.heads().count(); head++) {
                int at = n * k.heads().columns() + k.heads().column(head);
                rotate(k, rows, at, positions[n] * k.heads().size());
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

    void scatterHeads(ScatterHeads k) {
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
}
