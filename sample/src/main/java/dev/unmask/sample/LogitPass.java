package dev.unmask.sample;

import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Backend;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A pass whose logits come to the host: all of them at one position of each sequence. */
final class LogitPass {
    private final int vocabulary;
    private final GuidedPass pass;
    private final List<Tensor> chunks = new ArrayList<>();

    /** A pass; the form has room for one entry a sequence. */
    LogitPass(Backend backend, Transformer model, Precision precision, GuidedPass.Form form) {
        this.vocabulary = model.config().vocabulary();
        this.pass =
                new GuidedPass(
                        backend,
                        model,
                        precision,
                        form,
                        (recorder, logits, limit) -> {
                            Tensor chunk = backend.allocate("logits", DType.F32, logits.shape());
                            chunks.add(chunk);
                            recorder.add(new Copy(logits, chunk));
                        });
    }

    /** What it holds on the device. */
    long bytes() {
        return pass.temporaryBytes() + chunks.stream().mapToLong(Tensor::bytes).sum();
    }

    /**
     * Runs the model.
     *
     * @param sequences at most as many as the form has room for
     * @param prompt the positions that guidance hides
     * @param position the position asked for, the same in all sequences
     * @param guidance the guidance scale
     */
    void run(List<int[]> sequences, BitSet prompt, int position, double guidance) {
        pass.clear();
        for (int i = 0; i < sequences.size(); i++) {
            pass.put(i, sequences.get(i), prompt);
            pass.ask(i, position);
        }
        pass.run(guidance);
    }

    /** Copies the logits {@code [V]} of a sequence. */
    void logits(int sequence, float[] into) {
        int first = 0;
        for (Tensor chunk : chunks) {
            int rows = chunk.shape().extent(0);
            if (sequence < first + rows) {
                chunk.download((long) (sequence - first) * vocabulary, MemorySegment.ofArray(into));
                return;
            }
            first += rows;
        }
        throw new IllegalArgumentException("sequence " + sequence + ": the pass has room for " + first);
    }
}
