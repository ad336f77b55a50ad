package dev.unmask.tensor.grad;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.ShapeException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Tape.Slot;
import dev.unmask.tensor.kernel.AddBias;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.SumRows;
import dev.unmask.tensor.program.Recorder;

import java.util.Optional;

/**
 * The language-model head and its loss, only at the rows that count, chunk by chunk, so that logits of the whole batch
 * never exist.
 *
 * <p>The weight of each row's loss is known beforehand, so the way back of a chunk is recorded right after its loss,
 * while its logits are at hand, down to the tensors that its hidden states were made of; this operation is therefore
 * the root of the tape.
 */
public final class LinearCrossEntropy {
    /** Logits of one chunk take at most this many bytes. */
    private static final long CHUNK_BYTES = 128L << 20;

    /**
     * The rows that count, a list with room for {@code R} entries of which the first {@code count} are live.
     *
     * @param rows I32 {@code [R]}: row numbers of the hidden states, the live ones all different
     * @param targets I32 {@code [R]}: the right token of each
     * @param weights F32 {@code [R]}: what each loss counts
     * @param count I32 {@code [1]}: number of live entries
     * @param losses F32 {@code [R]}: receives the cross-entropy of each live entry, nats, not weighted
     */
    public record Entries(Tensor rows, Tensor targets, Tensor weights, Tensor count, Tensor losses) {
        /** Checks the operands. */
        public Entries {
            Check.that("linearCrossEntropy")
                    .dtype(DType.I32, rows, targets, count)
                    .dtype(DType.F32, weights, losses)
                    .sameShape(rows, targets, weights, losses)
                    .elements(count, 1);
        }
    }

    /** Where hidden states come from: what leads to them is computed for the rows that count alone, chunk by chunk. */
    @FunctionalInterface
    public interface HiddenRows {
        /**
         * Records the hidden states of some rows.
         *
         * @param ops the operations; gradients are to flow through them
         * @param rows I32 {@code [R]}: row numbers, the live ones all different
         * @param live which entries of {@code rows} to take
         * @param size number of rows of the result, {@code r}
         * @return F32 {@code [r, C]}; rows that are not live may hold anything
         */
        Tensor at(Ops ops, Tensor rows, RowLimit live, int size);

        /**
         * Rows of hidden states that are there already.
         *
         * @param hidden F32 {@code [N, C]}
         * @return picks its rows
         */
        static HiddenRows of(Tensor hidden) {
            return (ops, rows, live, size) -> ops.gatherRows(hidden, rows, live, size);
        }
    }

    private record Head(Tensor weight, Optional<Tensor> bias) {}

    /** Entries whose logits are in memory at a time. */
    private record Chunk(RowLimit live, int size) {}

    private LinearCrossEntropy() {}

    /**
     * Records {@code losses[i] = crossEntropy(hidden[rows[i]] · headᵀ, targets[i])} and, with a tape, the gradients of
     * {@code Σ_i weights[i] · losses[i]}.
     *
     * @param ops the operations
     * @param hidden yields F32 {@code [r, C]}
     * @param head {@code [V, C]}
     * @param entries the rows that count
     */
    public static void record(Ops ops, HiddenRows hidden, Tensor head, Entries entries) {
        record(ops, hidden, head, Optional.empty(), entries);
    }

    /**
     * The same, of logits with a bias.
     *
     * @param ops the operations
     * @param hidden yields F32 {@code [r, C]}
     * @param head {@code [V, C]}
     * @param bias F32 {@code [V]}: added to the logits of each row; empty: nothing is
     * @param entries the rows that count
     */
    public static void record(Ops ops, HiddenRows hidden, Tensor head, Optional<Tensor> bias, Entries entries) {
        long rows = CHUNK_BYTES / (4L * head.shape().rows());
        record(ops, hidden, head, bias, entries, Math.clamp(rows, 1, Integer.MAX_VALUE));
    }

    /**
     * As {@link #record(Ops, HiddenRows, Tensor, Optional, Entries)}, with a given size of chunks.
     *
     * @param ops the operations
     * @param hidden yields F32 {@code [r, C]}
     * @param head {@code [V, C]}
     * @param bias F32 {@code [V]}: added to the logits of each row; empty: nothing is
     * @param entries the rows that count
     * @param chunk how many rows have their logits in memory at a time, at least 1
     * @throws ShapeException if the chunk is below 1
     */
    public static void record(
            Ops ops, HiddenRows hidden, Tensor head, Optional<Tensor> bias, Entries entries, int chunk) {
        Check.that("linearCrossEntropy").is(chunk >= 1, "chunk of %d rows, expected at least 1", chunk);
        int room = Math.toIntExact(entries.rows().shape().elements());
        Tensor logSumExp = ops.temporary("log-sum-exp", room);
        for (int first = 0; first < room; first += chunk) {
            int size = Math.min(chunk, room - first);
            Chunk its = new Chunk(RowLimit.of(entries.count(), first), size);
            recordChunk(ops, hidden, new Head(head, bias), entries, logSumExp, its);
        }
    }

    private static void recordChunk(
            Ops ops, HiddenRows hidden, Head own, Entries entries, Tensor logSumExp, Chunk its) {
        Tensor head = own.weight;
        RowLimit live = its.live;
        int size = its.size;
        Optional<Tape> tape = ops.tape().map(Tape::fork);
        Ops chunk = tape.map(ops::onto).orElse(ops);
        Recorder recorder = ops.recorder();
        Tensor picked = hidden.at(chunk, entries.rows(), live, size);
        Tensor logits = ops.temporary("logits", size, head.shape().rows());
        recorder.add(new Gemm(picked, false, head, true, Optional.empty(), logits, live, ops.precision()));
        own.bias.ifPresent(bias -> recorder.add(new AddBias(logits, bias, logits, live)));
        recorder.add(new CrossEntropy(logits, entries.targets(), live, entries.losses(), logSumExp));
        tape.ifPresent(inner -> {
            recorder.add(
                    new CrossEntropyBackward(logits, entries.targets(), entries.weights(), logSumExp, live, logits));
            own.bias
                    .filter(inner::needs)
                    .ifPresent(bias -> {
                        Slot ofBias = inner.into(bias);
                        if (!ofBias.holds()) {
                            recorder.add(new Fill(ofBias.gradient(), 0));
                        }
                        recorder.add(new SumRows(logits, ofBias.gradient(), live));
                    });
            if (inner.needs(head)) {
                Slot slot = inner.into(head);
                recorder.add(
                        new Gemm(logits, true, picked, false, slot.addend(), slot.gradient(), live, ops.precision()));
            }
            if (inner.needs(picked)) {
                Slot slot = inner.into(picked);
                recorder.add(
                        new Gemm(logits, false, head, false, slot.addend(), slot.gradient(), live, ops.precision()));
            }
            inner.backward();
        });
    }
}
