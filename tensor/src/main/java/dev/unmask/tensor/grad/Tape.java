package dev.unmask.tensor.grad;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Recorder;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reverse-mode differentiation: each operation of {@link Ops} pushes how to carry gradients backwards, and {@link
 * #backward} walks back, recording those kernels.
 */
public final class Tape {
    /**
     * Where the gradient of a value goes.
     *
     * @param gradient the tensor to write
     * @param holds whether it already holds a part that must be added to; otherwise it is overwritten
     */
    public record Slot(Tensor gradient, boolean holds) {
        /**
         * What a kernel with an addend adds to.
         *
         * @return the gradient itself if it holds a part already
         */
        public Optional<Tensor> addend() {
            return holds ? Optional.of(gradient) : Optional.empty();
        }
    }

    private final Recorder recorder;
    private final Deque<Runnable> steps = new ArrayDeque<>();
    private final Map<Tensor, Tensor> gradients;
    private final Map<Tensor, Boolean> held;
    private final Set<Tensor> needing;

    /**
     * An empty tape.
     *
     * @param recorder takes the kernels of the backward pass
     */
    public Tape(Recorder recorder) {
        this(
                recorder,
                new IdentityHashMap<>(),
                new IdentityHashMap<>(),
                Collections.newSetFromMap(new IdentityHashMap<>()));
    }

    private Tape(Recorder recorder, Map<Tensor, Tensor> gradients, Map<Tensor, Boolean> held, Set<Tensor> needing) {
        this.recorder = recorder;
        this.gradients = gradients;
        this.held = held;
        this.needing = needing;
    }

    /**
     * Names the tensor that receives the gradient of a parameter.
     *
     * @param value the parameter
     * @param gradient the same shape
     * @param accumulate whether the gradient is added to what is there, as micro-batches after the first do
     */
    public void parameter(Tensor value, Tensor gradient, boolean accumulate) {
        Check.that("parameter").sameShape(value, gradient);
        gradients.put(value, gradient);
        held.put(value, accumulate);
        needing.add(value);
    }

    /**
     * Whether a gradient of a value is of use: of parameters, and of what was computed from one. Weights that were not
     * named as parameters are frozen: none is computed for them, nor for what leads to them alone.
     *
     * @param value an operand or a result of operations
     * @return whether to compute its gradient
     */
    public boolean needs(Tensor value) {
        return needing.contains(value);
    }

    /**
     * Notes the result of an operation.
     *
     * @param result what was computed
     * @param operands what it was computed from
     * @return whether a gradient of one of the operands is of use, so that the operation must walk back
     */
    public boolean follows(Tensor result, Tensor... operands) {
        for (Tensor operand : operands) {
            if (needing.contains(operand)) {
                needing.add(result);
                return true;
            }
        }
        return false;
    }

    /** Notes that a value needs a gradient, whatever it was computed from. */
    void need(Tensor value) {
        needing.add(value);
    }

    /**
     * Pushes one step of the way back.
     *
     * @param step records the backward kernels of one operation
     */
    public void push(Runnable step) {
        steps.push(step);
    }

    /**
     * The gradient that has arrived at a value.
     *
     * @param value a result of an operation
     * @return its complete gradient, once every operation that used the value has walked back; empty if none used it
     */
    public Optional<Tensor> gradient(Tensor value) {
        return held.getOrDefault(value, false) ? Optional.of(gradients.get(value)) : Optional.empty();
    }

    /**
     * Where to put the gradient of a value; from now on it counts as holding one.
     *
     * @param value an operand of an operation
     * @return the tensor and whether to add to it
     */
    public Slot into(Tensor value) {
        Tensor gradient =
                gradients.computeIfAbsent(
                        value, v -> recorder.temporary("gradient of " + v.name(), DType.F32, v.shape()));
        boolean holds = held.put(value, true) instanceof Boolean before && before;
        return new Slot(gradient, holds);
    }

    /**
     * Hands the gradient of a sum on to one of its operands: without a copy if the operand has none yet.
     *
     * @param value the operand
     * @param gradient the gradient of the sum, not used after the steps already pushed for it
     */
    public void pass(Tensor value, Tensor gradient) {
        if (gradients.containsKey(value)) {
            Slot slot = into(value);
            recorder.add(
                    slot.holds()
                            ? new Add(slot.gradient(), gradient, slot.gradient())
                            : new Copy(gradient, slot.gradient()));
        } else {
            gradients.put(value, gradient);
            held.put(value, true);
        }
    }

    /**
     * A tape for a part that walks back by itself; it shares this tape's gradients.
     *
     * @return an empty tape with the same gradients
     */
    Tape fork() {
        return new Tape(recorder, gradients, held, needing);
    }

    /** Records the backward kernels of every operation, last first. The loss operation has seeded the gradients. */
    public void backward() {
        while (!steps.isEmpty()) {
            steps.pop().run();
        }
    }
}
