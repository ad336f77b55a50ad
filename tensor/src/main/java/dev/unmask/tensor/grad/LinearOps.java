package dev.unmask.tensor.grad;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Tape.Slot;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Int8Gemm;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Linear maps, with gradients. */
record LinearOps(Ops ops) {
    Tensor linear(Tensor x, Tensor weight, Optional<Tensor> residual) {
        Tensor out = ops.temporary("linear by " + weight.name(), x.shape().rows(), weight.shape().rows());
        ops.recorder().add(gemm(x, false, weight, true, residual, out));
        List<Tensor> operands = Stream.concat(Stream.of(x, weight), residual.stream()).toList();
        ops.back(
                out,
                operands,
                (t, outGradient) -> {
                    if (t.needs(weight)) {
                        Slot slot = t.into(weight);
                        ops.recorder().add(gemm(outGradient, true, x, false, slot.addend(), slot.gradient()));
                    }
                    if (t.needs(x)) {
                        Slot slot = t.into(x);
                        ops.recorder().add(gemm(outGradient, false, weight, false, slot.addend(), slot.gradient()));
                    }
                    residual.filter(t::needs).ifPresent(r -> t.pass(r, outGradient));
                });
        return out;
    }

    /** The product has no way back: rounding has no gradient. */
    Tensor int8(Tensor x, Tensor weight, Tensor scales, Optional<Tensor> residual) {
        if (ops.tape().isPresent()) {
            throw new IllegalArgumentException(
                    "linear by " + weight + ": found a tape, expected none: weights in int8 have no gradient");
        }
        Tensor out = ops.temporary("linear by " + weight.name(), x.shape().rows(), weight.shape().rows());
        ops.recorder().add(new Int8Gemm(x, weight, scales, residual, out, ops.limit()));
        return out;
    }

    private Gemm gemm(Tensor a, boolean transposeA, Tensor b, boolean transposeB, Optional<Tensor> addend, Tensor c) {
        return new Gemm(a, transposeA, b, transposeB, addend, c, ops.limit(), ops.precision());
    }
}
