package dev.unmask.tensor.grad;

import dev.unmask.tensor.Check;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.HeadRows;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Tape.Slot;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.Dropout;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.kernel.Int8Gemm;
import dev.unmask.tensor.program.Recorder;

import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;

/**
 * Differentiable operations: each records its forward kernel and, if there is a tape, pushes its backward kernels.
 *
 * <p>Without a tape nothing is kept for a backward pass, and temporaries die as soon as they have been used.
 */
public final class Ops {
    private final Recorder recorder;
    private final Optional<Tape> tape;
    private final Precision precision;
    private final RowLimit limit;
    private final Optional<DropoutOps.Dropping> dropping;

    private Ops(
            Recorder recorder,
            Optional<Tape> tape,
            Precision precision,
            RowLimit limit,
            Optional<DropoutOps.Dropping> dropping) {
        this.recorder = recorder;
        this.tape = tape;
        this.precision = precision;
        this.limit = limit;
        this.dropping = dropping;
    }

    /**
     * Operations that will not be differentiated.
     *
     * @param recorder takes the kernels
     * @param precision what the operands of matrix products are rounded to
     * @return the operations
     */
    public static Ops inference(Recorder recorder, Precision precision) {
        return new Ops(recorder, Optional.empty(), precision, RowLimit.ALL, Optional.empty());
    }

    /**
     * Operations that will be differentiated.
     *
     * @param recorder takes the kernels
     * @param tape takes the way back; made for the same recorder
     * @param precision what the operands of matrix products are rounded to
     * @return the operations
     */
    public static Ops training(Recorder recorder, Tape tape, Precision precision) {
        return new Ops(recorder, Optional.of(tape), precision, RowLimit.ALL, Optional.empty());
    }

    /**
     * The same operations on some rows only: norms, linear maps and activations leave the other rows of their results
     * as they were, and no gradient flows through those. Operations whose rows look at each other are refused.
     *
     * @param live which rows take part
     * @return the operations
     */
    public Ops limitedTo(RowLimit live) {
        return new Ops(recorder, tape, precision, live, dropping);
    }

    /**
     * The same operations on some rows of the batch only, as {@link #gatherRows} has picked them.
     *
     * @param rows I32 {@code [R]}: numbers of rows
     * @param live which entries of {@code rows} take part
     * @return the operations
     */
    public Ops limitedTo(Tensor rows, RowLimit live) {
        return new Ops(recorder, tape, precision, live, dropping.map(all -> all.of(rows)));
    }

    /**
     * The same operations with {@link #dropout}.
     *
     * @param rate part of the elements that is dropped, from 0 to below 1
     * @param draw I32 {@code [6]}: names the random numbers, see {@link Dropout}; the rows of the batch are numbered
     * @return the operations
     */
    public Ops dropping(float rate, Tensor draw) {
        return new Ops(
                recorder, tape, precision, limit, Optional.of(new DropoutOps.Dropping(rate, draw, Optional.empty())));
    }

    /** The same operations, which another tape takes. */
    Ops onto(Tape other) {
        return new Ops(recorder, Optional.of(other), precision, limit, dropping);
    }

    /** Refuses a limit to some rows. */
    void requireAllRows(String operation) {
        Check.that(operation).is(limit.equals(RowLimit.ALL), "it takes all rows, but is limited to some");
    }

    /**
     * Where kernels go, for operations that are composed elsewhere.
     *
     * @return the recorder
     */
    public Recorder recorder() {
        return recorder;
    }

    /**
     * The tape, if this computation will be differentiated.
     *
     * @return the tape
     */
    public Optional<Tape> tape() {
        return tape;
    }

    /**
     * What the operands of matrix products are rounded to.
     *
     * @return the precision
     */
    public Precision precision() {
        return precision;
    }

    /**
     * Token embedding.
     *
     * @param ids I32 {@code [N]}
     * @param table {@code [V, C]}
     * @return F32 {@code [N, C]}
     */
    public Tensor embed(Tensor ids, Tensor table) {
        return new RowOps(this).embed(ids, table);
    }

    /**
     * Root mean square normalisation of each row, or of each piece of a row that is as long as the weight.
     *
     * @param x F32 {@code [N, P·C]}
     * @param weight F32 {@code [C]}
     * @param epsilon added to the mean of squares
     * @return F32 {@code [N, P·C]}
     */
    public Tensor rmsNorm(Tensor x, Tensor weight, float epsilon) {
        return new NormOps(this).rms(x, weight, epsilon);
    }

    /**
     * Layer normalisation of each row.
     *
     * @param x F32 {@code [N, C]}
     * @param weight F32 {@code [C]}
     * @param bias F32 {@code [C]}
     * @param epsilon added to the variance
     * @return F32 {@code [N, C]}
     */
    public Tensor layerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon) {
        return new NormOps(this).layer(x, weight, bias, epsilon);
    }

    /** Which rows take part. */
    RowLimit limit() {
        return limit;
    }

    /**
     * Pushes the way back of a result, which is walked if there is a tape, an operand's gradient is of use, and the
     * result has one.
     *
     * @param out the result
     * @param operands what it was computed from
     * @param gradients takes the gradient of the result, and makes those of the operands
     */
    void back(Tensor out, List<Tensor> operands, BiConsumer<Tape, Tensor> gradients) {
        tape.filter(t -> t.follows(out, operands.toArray(Tensor[]::new)))
                .ifPresent(t -> t.push(() -> t.gradient(out).ifPresent(gradient -> gradients.accept(t, gradient))));
    }

    /** A slot that kernels which only add may write. */
    Slot cleared(Tape t, Tensor value) {
        Slot slot = t.into(value);
        if (!slot.holds()) {
            recorder.add(new Fill(slot.gradient(), 0));
        }
        return slot;
    }

    /**
     * Adds the same row to every row, in place.
     *
     * @param x F32 {@code [N, C]}, updated
     * @param bias F32 {@code [C]}
     */
    public void addBias(Tensor x, Tensor bias) {
        new SumOps(this).addBias(x, bias);
    }

    /**
     * Multiplies by a number.
     *
     * @param x F32 {@code [N, C]}
     * @param factor the number
     * @return F32 {@code [N, C]}
     */
    public Tensor scale(Tensor x, float factor) {
        return new SumOps(this).scale(x, factor);
    }

    /**
     * Drops elements at random, if these operations do; else it is {@code x} itself.
     *
     * @param x F32 {@code [N, C]}
     * @param stream keeps the draws of one place in a model from those of another, from 0 to below 2<sup>24</sup>
     * @return F32 {@code [N, C]}
     */
    public Tensor dropout(Tensor x, int stream) {
        return dropping.filter(how -> how.rate() > 0)
                .map(how -> new DropoutOps(this, how).dropout(x, stream))
                .orElse(x);
    }

    /**
     * Sum of two tensors.
     *
     * @param left F32 {@code [N, C]}
     * @param right F32 {@code [N, C]}
     * @return F32 {@code [N, C]}
     */
    public Tensor add(Tensor left, Tensor right) {
        return new SumOps(this).add(left, right);
    }

    /**
     * Gaussian error linear unit, the exact one: {@code x · Φ(x)}.
     *
     * @param x F32 {@code [N, F]}
     * @return F32 {@code [N, F]}
     */
    public Tensor gelu(Tensor x) {
        return new ActivationOps(this).gelu(x);
    }

    /**
     * Linear map by a weight stored as published: {@code y = x · wᵀ}.
     *
     * @param x F32 {@code [N, in]}
     * @param weight {@code [out, in]}
     * @return F32 {@code [N, out]}
     */
    public Tensor linear(Tensor x, Tensor weight) {
        return new LinearOps(this).linear(x, weight, Optional.empty());
    }

    /**
     * Linear map added to a residual stream: {@code y = residual + x · wᵀ}.
     *
     * @param residual F32 {@code [N, out]}
     * @param x F32 {@code [N, in]}
     * @param weight {@code [out, in]}
     * @return F32 {@code [N, out]}
     */
    public Tensor addLinear(Tensor residual, Tensor x, Tensor weight) {
        return new LinearOps(this).linear(x, weight, Optional.of(residual));
    }

    /**
     * Linear map by a weight in int8, for inference: {@code y = x · (scales ∘ w)ᵀ}, as {@link Int8Gemm} rounds.
     *
     * @param x F32 {@code [N, in]}
     * @param weight I8 {@code [out, in]}
     * @param scales F32 {@code [out]}
     * @return F32 {@code [N, out]}
     * @throws IllegalArgumentException if there is a tape
     */
    public Tensor int8Linear(Tensor x, Tensor weight, Tensor scales) {
        return new LinearOps(this).int8(x, weight, scales, Optional.empty());
    }

    /**
     * Linear map by a weight in int8 added to a residual stream, for inference.
     *
     * @param residual F32 {@code [N, out]}
     * @param x F32 {@code [N, in]}
     * @param weight I8 {@code [out, in]}
     * @param scales F32 {@code [out]}
     * @return F32 {@code [N, out]}
     * @throws IllegalArgumentException if there is a tape
     */
    public Tensor addInt8Linear(Tensor residual, Tensor x, Tensor weight, Tensor scales) {
        return new LinearOps(this).int8(x, weight, scales, Optional.of(residual));
    }

    /**
     * Rotary position embedding, in place.
     *
     * @param heads queries, keys or both, updated
     * @param positions I32 {@code [N]}
     * @param table F32 {@code [P, size]}: cosines, then sines
     */
    public void rope(HeadRows heads, Tensor positions, Tensor table) {
        new AttentionOps(this).rope(heads, positions, table);
    }

    /**
     * Attention. To be differentiated, queries, keys and values must fill the tensors that hold them.
     *
     * @param queries {@code H} heads of {@code B·Tq} rows
     * @param keys {@code G} heads of {@code B·Tk} rows
     * @param values {@code G} heads of {@code B·Tk} rows
     * @param batch number of sequences
     * @param seen I32 {@code [B·Tq, 4]}: two ranges of keys that each query sees, see {@link Attention}; empty: all
     * @return F32 {@code [B·Tq, H·size]}
     */
    public Tensor attention(HeadRows queries, HeadRows keys, HeadRows values, int batch, Optional<Tensor> seen) {
        return new AttentionOps(this).attention(queries, keys, values, batch, seen);
    }

    /**
     * Gated activation {@code silu(gate) ∘ up}.
     *
     * @param gate F32 {@code [N, F]}
     * @param up F32 {@code [N, F]}
     * @return F32 {@code [N, F]}
     */
    public Tensor swiGlu(Tensor gate, Tensor up) {
        return new ActivationOps(this).swiGlu(gate, up);
    }

    /**
     * Picks rows.
     *
     * @param source F32 {@code [N, C]}
     * @param rows I32 {@code [R]}: the live ones all different
     * @param live which entries of {@code rows} to take
     * @param size number of rows of the result, {@code r}
     * @return F32 {@code [r, C]}
     */
    public Tensor gatherRows(Tensor source, Tensor rows, RowLimit live, int size) {
        return new RowOps(this).gather(source, rows, live, size);
    }

    /**
     * Computes a part without keeping what its gradient needs; the part is computed again on the way back (Chen et al.,
     * arXiv 1604.06174). Without a tape it is just computed.
     *
     * @param x the only input that the part's gradient flows back to, apart from parameters
     * @param part from operations and {@code x} to its result
     * @return the result of the part
     */
    public Tensor checkpoint(Tensor x, BiFunction<Ops, Tensor, Tensor> part) {
        requireAllRows("checkpoint");
        if (tape.isEmpty()) {
            return part.apply(this, x);
        }
        Tape outer = tape.get();
        Tensor out = part.apply(new Ops(recorder, Optional.empty(), precision, limit, dropping), x);
        // What is inside is recorded on the way back; it may hold parameters.
        outer.need(out);
        outer.push(() ->
                outer.gradient(out)
                        .ifPresent(outGradient -> {
                            Tape inner = outer.fork();
                            Tensor again = part.apply(onto(inner), x);
                            inner.pass(again, outGradient);
                            inner.backward();
                        }));
        return out;
    }

    /**
     * A float32 tensor that lives inside the program.
     *
     * @param name what messages call it
     * @param extents its shape
     * @return the tensor
     */
    public Tensor temporary(String name, int... extents) {
        return recorder.temporary(name, DType.F32, Shape.of(extents));
    }
}
