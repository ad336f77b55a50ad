package dev.unmask.sample;

import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.program.Backend;

import java.util.BitSet;

/** A pass that scores a given token at each position asked for. */
final class ScoringPass {
    private final GuidedPass pass;
    private final Tensor targets;
    private final Tensor losses;
    private final int[] targetIds;

    ScoringPass(Backend backend, Transformer model, Precision precision, GuidedPass.Form form) {
        Shape room = Shape.of(form.room());
        this.targets = backend.allocate("targets", DType.I32, room);
        this.losses = backend.allocate("losses", DType.F32, room);
        Tensor logSumExp = backend.allocate("log-sum-exp", DType.F32, room);
        this.targetIds = new int[form.room()];
        this.pass =
                new GuidedPass(
                        backend,
                        model,
                        precision,
                        form,
                        (recorder, logits, limit) ->
                                recorder.add(new CrossEntropy(logits, targets, limit, losses, logSumExp)));
    }

    long temporaryBytes() {
        return pass.temporaryBytes();
    }

    void clear() {
        pass.clear();
    }

    void put(int place, int[] sequence, BitSet prompt) {
        pass.put(place, sequence, prompt);
    }

    void ask(int place, int position, int target) {
        targetIds[pass.entries()] = target;
        pass.ask(place, position);
    }

    /** The cross-entropy of each entry, nats; {@code -ln p(target)}. */
    float[] run(double guidance) {
        targets.set(targetIds);
        pass.run(guidance);
        return losses.floats();
    }
}
