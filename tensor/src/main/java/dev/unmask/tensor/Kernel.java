package dev.unmask.tensor;

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

import java.util.List;

/**
 * One call of a kernel: the closed list of what a backend can do, as data.
 *
 * <p>A kernel names its operands and nothing else. It has no hidden state, allocates nothing and reads nothing back, so
 * that a list of kernels can be recorded once and replayed, planned for memory, or turned into a graph for a device.
 * What changes from run to run (learning rate, seed, how many rows are masked) is read from small tensors. Shapes and
 * dtypes are checked when a kernel is made, so a backend may trust them.
 */
public sealed interface Kernel
        permits AdamW,
                Add,
                AddBias,
                Attention,
                AttentionBackward,
                Choose,
                Copy,
                CrossEntropy,
                CrossEntropyBackward,
                Embed,
                EmbedBackward,
                Fill,
                GatherRows,
                Gelu,
                GeluBackward,
                Gemm,
                Guide,
                LayerNorm,
                LayerNormBackward,
                Penalize,
                RmsNorm,
                RmsNormBackward,
                Rope,
                Scale,
                ScatterHeads,
                ScatterRows,
                SumOfSquares,
                SumRows,
                SwiGlu,
                SwiGluBackward,
                Truncate {
    /**
     * The tensors whose elements this kernel reads.
     *
     * @return every operand read; one that is updated in place stands here and in {@link #outputs()}
     */
    List<Tensor> inputs();

    /**
     * The tensors whose elements this kernel writes.
     *
     * @return every operand written
     */
    List<Tensor> outputs();

    /**
     * The integer operands that say where this kernel reads or writes; a {@link ProgramGuard} keeps them within bounds.
     *
     * @return each with what it indexes
     */
    default List<Indices> indices() {
        return List.of();
    }
}
