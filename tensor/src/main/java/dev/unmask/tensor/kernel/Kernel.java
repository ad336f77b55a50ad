package dev.unmask.tensor.kernel;

import dev.unmask.tensor.Indices;
import dev.unmask.tensor.Tensor;

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
                Dropout,
                Embed,
                EmbedBackward,
                Fill,
                GatherRows,
                Gelu,
                GeluBackward,
                Gemm,
                Guide,
                Int8Gemm,
                LayerNorm,
                LayerNormBackward,
                MovingAverage,
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
     * The integer operands that say where this kernel reads or writes; a {@code ProgramGuard} keeps them within bounds.
     *
     * @return each with what it indexes
     */
    default List<Indices> indices() {
        return List.of();
    }
}
