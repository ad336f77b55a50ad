package dev.unmask.tensor.grad;

import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Tape.Slot;
import dev.unmask.tensor.kernel.LayerNorm;
import dev.unmask.tensor.kernel.LayerNormBackward;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.RmsNormBackward;

import java.util.List;

/** Norms, with gradients. */
record NormOps(Ops ops) {
    Tensor rms(Tensor x, Tensor weight, float epsilon) {
        Tensor out = ops.temporary("norm", x.shape().rows(), x.shape().columns());
        int pieces = Math.toIntExact(x.shape().elements() / weight.shape().elements());
        Tensor inverseRms = ops.temporary("inverse rms", pieces);
        ops.recorder().add(new RmsNorm(x, weight, epsilon, out, inverseRms, ops.limit()));
        ops.back(
                out,
                List.of(x, weight),
                (t, outGradient) -> {
                    Slot weightSlot = ops.cleared(t, weight);
                    Slot slot = t.into(x);
                    ops.recorder()
                            .add(
                                    new RmsNormBackward(
                                            x,
                                            weight,
                                            inverseRms,
                                            outGradient,
                                            slot.addend(),
                                            slot.gradient(),
                                            weightSlot.gradient(),
                                            ops.limit()));
                });
        return out;
    }

    Tensor layer(Tensor x, Tensor weight, Tensor bias, float epsilon) {
        Tensor out = ops.temporary("norm", x.shape().rows(), x.shape().columns());
        Tensor mean = ops.temporary("mean", x.shape().rows());
        Tensor inverseDeviation = ops.temporary("inverse deviation", x.shape().rows());
        ops.recorder().add(new LayerNorm(x, weight, epsilon, out, mean, inverseDeviation, ops.limit()));
        ops.back(
                out,
                List.of(x, weight),
                (t, outGradient) -> {
                    Slot weightSlot = ops.cleared(t, weight);
                    Slot slot = t.into(x);
                    ops.recorder()
                            .add(
                                    new LayerNormBackward(
                                            x,
                                            weight,
                                            mean,
                                            inverseDeviation,
                                            outGradient,
                                            slot.addend(),
                                            slot.gradient(),
                                            weightSlot.gradient(),
                                            ops.limit()));
                });
        ops.addBias(out, bias);
        return out;
    }
}
