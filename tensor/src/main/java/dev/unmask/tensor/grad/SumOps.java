package dev.unmask.tensor.grad;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Tape.Slot;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.AddBias;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Scale;
import dev.unmask.tensor.kernel.SumRows;

import java.util.List;

/** Sums and multiples, with gradients. */
record SumOps(Ops ops) {
    void addBias(Tensor x, Tensor bias) {
        ops.recorder().add(new AddBias(x, bias, x, ops.limit()));
        ops.back(
                x,
                List.of(bias),
                (t, gradient) ->
                        ops.recorder().add(new SumRows(gradient, ops.cleared(t, bias).gradient(), ops.limit())));
    }

    Tensor scale(Tensor x, float factor) {
        Tensor out = ops.temporary("scaled " + x.name(), x.shape().rows(), x.shape().columns());
        ops.recorder().add(new Scale(x, factor, out, ops.limit()));
        ops.back(
                out,
                List.of(x),
                (t, outGradient) -> {
                    Slot slot = t.into(x);
                    Check.that("scale").is(!slot.holds(), "%s is used by the scaling alone", x);
                    ops.recorder().add(new Scale(outGradient, factor, slot.gradient(), ops.limit()));
                });
        return out;
    }

    Tensor add(Tensor left, Tensor right) {
        ops.requireAllRows("add");
        Tensor out = ops.temporary("sum", left.shape().rows(), left.shape().columns());
        ops.recorder().add(new Add(left, right, out));
        ops.back(
                out,
                List.of(left, right),
                (t, outGradient) -> {
                    // One operand may take the gradient over; the other needs one of its own.
                    if (t.needs(right)) {
                        Slot slot = t.into(right);
                        ops.recorder()
                                .add(
                                        slot.holds()
                                                ? new Add(slot.gradient(), outGradient, slot.gradient())
                                                : new Copy(outGradient, slot.gradient()));
                    }
                    if (t.needs(left)) {
                        t.pass(left, outGradient);
                    }
                });
        return out;
    }
}
