package dev.unmask.vector.work;

import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;
import dev.unmask.vector.machine.BFloat16Product;
import dev.unmask.vector.machine.Float32Product;
import dev.unmask.vector.machine.Int8Product;

import java.util.Optional;

/** Where the operands of a program's kernels lie, and what there is to run the kernels with. */
public interface Operands {
    /** The address of a tensor's first element. */
    long address(Tensor tensor);

    /** Whether the kernel that is being bound finds, or leaves, a tensor as bfloat16. */
    boolean isNarrow(Tensor tensor);

    /** The live rows of an operand. */
    default LiveRows live(RowLimit limit, int rows) {
        return new LiveRows(limit, limit.count().map(this::address).orElse(0L), rows);
    }

    /** Memory that kernels use while they run. */
    Workspace workspace();

    /** Who runs the kernels. */
    Workers workers();

    /** Machine code for products in float32, where the machine has it. */
    Optional<Float32Product> float32Code();

    /** Machine code for products in bfloat16, where the machine has it. */
    Optional<BFloat16Product> machineCode();

    /** Machine code for products in int8, where the machine has it. */
    Optional<Int8Product> int8Code();
}
