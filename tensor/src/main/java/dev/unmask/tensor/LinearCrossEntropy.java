package dev.unmask.tensor;

import dev.unmask.tensor.Tape.Slot;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.kernel.CrossEntropyBackward;
import dev.unmask.tensor.kernel.GatherRows;
import dev.unmask.tensor.kernel.Gemm;

import java.util.Optional;

/**
 * The language-model head and its loss, only at the rows that count, chunk by chunk, so that logits of the whole batch
 * never exist.
 *
 * <p>The weight of each row's loss is known beforehand, so the gradient of a chunk is recorded right after its loss,
 * while its logits are at hand; this operation is therefore the root of the tape.
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

    private LinearCrossEntropy() {}

    /**
     * Records {@code losses[i] = crossEntropy(hidden[rows[i]] · headᵀ, targets[i])} and, with a tape, the gradients of
     * {@code Σ_i weights[i] · losses[i]}.
     *
     * @param ops the operations
     * @param hidden F32 {@code [N, C]}
     * @param head {@code [V, C]}
     * @param entries the rows that count
     */
    public static void record(Ops ops, Tensor hidden, Tensor head, Entries entries) {
        long rows = CHUNK_BYTES / (4L * head.shape().rows());
        record(ops, hidden, head, entries, Math.clamp(rows, 1, Integer.MAX_VALUE));
    }

    /**
     * As {@link #record(Ops, Tensor, Tensor, Entries)}, with a given size of chunks.
     *
     * @param ops the operations
     * @param hidden F32 {@code [N, C]}
     * @param head {@code [V, C]}
     * @param entries the rows that count
     * @param chunk how many rows have their logits in memory at a time, at least 1
     * @throws ShapeException if the chunk is below 1
     */
    public static void record(Ops ops, Tensor hidden, Tensor head, Entries entries, int chunk) {
        Check.that("linearCrossEntropy").is(chunk >= 1, "chunk of %d rows, expected at least 1", chunk);
        int room = Math.toIntExact(entries.rows().shape().elements());
        Tensor logSumExp = ops.temporary("log-sum-exp", room);
        for (int first = 0; first < room; first += chunk) {
            int size = Math.min(chunk, room - first);
            recordChunk(ops, hidden, head, entries, logSumExp, RowLimit.of(entries.count(), first), size);
        }
    }

    private static void recordChunk(
            Ops ops, Tensor hidden, Tensor head, Entries entries, Tensor logSumExp, RowLimit limit, int size) {
        Recorder recorder = ops.recorder();
        int width = hidden.shape().columns();
        Tensor picked = ops.temporary("rows that count", size, width);
        Tensor logits = ops.temporary("logits", size, head.shape().rows());
        recorder.add(new GatherRows(hidden, entries.rows(), limit, picked));
        recorder.add(new Gemm(picked, false, head, true, Optional.empty(), logits, limit, ops.precision()));
        recorder.add(new CrossEntropy(logits, entries.targets(), limit, entries.losses(), logSumExp));
        ops.tape()
                .ifPresent(tape -> {
                    recorder.add(
                            new CrossEntropyBackward(
                                    logits, entries.targets(), entries.weights(), logSumExp, limit, logits));
                    Slot slot = tape.into(head);
                    recorder.add(
                            new Gemm(
                                    logits,
                                    true,
                                    picked,
                                    false,
                                    slot.addend(),
                                    slot.gradient(),
                                    limit,
                                    ops.precision()));
                    Tensor pickedGradient = ops.temporary("gradient of rows that count", size, width);
                    recorder.add(
                            new Gemm(
                                    logits,
                                    false,
                                    head,
                                    false,
                                    Optional.empty(),
                                    pickedGradient,
                                    limit,
                                    ops.precision()));
                    ops.scatterInto(hidden, pickedGradient, entries.rows(), limit);
                });
    }
}
