package dev.unmask.tensor.grad;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Tape.Slot;
import dev.unmask.tensor.kernel.Gelu;
import dev.unmask.tensor.kernel.GeluBackward;
import dev.unmask.tensor.kernel.SwiGlu;
import dev.unmask.tensor.kernel.SwiGluBackward;

import java.util.List;

/** Activations, with gradients. */
record ActivationOps(Ops ops) {
    Tensor gelu(Tensor x) {
        Tensor out = ops.temporary("gelu", x.shape().rows(), x.shape().columns());
        ops.recorder().add(new Gelu(x, out, ops.limit()));
        ops.back(
                out,
                List.of(x),
                (t, outGradient) -> {
                    Slot slot = t.into(x);
                    Check.that("geluBackward").is(!slot.holds(), "%s is used by the activation alone", x);
                    ops.recorder().add(new GeluBackward(x, outGradient, slot.gradient(), ops.limit()));
                });
        return out;
    }

    Tensor swiGlu(Tensor gate, Tensor up) {
        Tensor out = ops.temporary("swiglu", gate.shape().rows(), gate.shape().columns());
        ops.recorder().add(new SwiGlu(gate, up, out, ops.limit()));
        ops.back(
                out,
                List.of(gate, up),
                (t, outGradient) -> {
                    Slot gateSlot = t.into(gate);
                    Slot upSlot = t.into(up);
                    Check.that("swiGluBackward")
                            .is(!gateSlot.holds() && !upSlot.holds(), "gate and up are used by the activation alone");
                    ops.recorder()
                            .add(
                                    new SwiGluBackward(
                                            gate,
                                            up,
                                            outGradient,
                                            gateSlot.gradient(),
                                            upSlot.gradient(),
                                            ops.limit()));
                });
        return out;
    }
}
