package dev.unmask.tensor.kernel;

import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Builds the operand lists of kernels with optional operands. */
final class Operands {
    private final List<Tensor> tensors = new ArrayList<>();

    private Operands() {}

    static Operands of(Tensor... tensors) {
        Operands operands = new Operands();
        operands.tensors.addAll(List.of(tensors));
        return operands;
    }

    Operands and(Optional<Tensor> tensor) {
        tensor.ifPresent(tensors::add);
        return this;
    }

    Operands and(RowLimit limit) {
        return and(limit.count());
    }

    /** Each operand once: several may be parts of one tensor. */
    List<Tensor> list() {
        return tensors.stream().distinct().toList();
    }
}
