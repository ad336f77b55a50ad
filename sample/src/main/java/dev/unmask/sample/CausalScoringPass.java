package dev.unmask.sample;

import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.kernel.Choose;
import dev.unmask.tensor.kernel.CrossEntropy;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tensor.program.Recorder;

import java.util.Arrays;

/**
 * One recorded pass of a causal model over a batch of texts, whose head is computed where a target's token is
 * predicted: at the position before it.
 */
final class CausalScoringPass {
    /** Logits that exist at one time take at most this many bytes. */
    private static final long CHUNK_BYTES = 128L << 20;

    /** What a program is recorded for: number of texts {@code B}, positions {@code T} of each. */
    record Form(int batch, int length) {}

    private final Form form;
    private final TokenBatch tokens;
    private final Tensor rows;
    private final Tensor targets;
    private final Tensor count;
    private final Tensor losses;
    private final Tensor logSumExp;
    private final Tensor likeliest;
    private final Proposal proposal;
    private final Program program;
    private final int[] ids;
    private final int[] rowNumbers;
    private final int[] targetIds;
    private int entries;

    /** Operands of {@link Choose} of which nothing is wanted but the likeliest token. */
    private record Proposal(
            Tensor temperature, Tensor seed, Tensor keys, Tensor logConfidence, Tensor margin, Tensor entropy) {
        static Proposal allocate(Backend backend, Shape room) {
            return new Proposal(
                    backend.allocate("temperature", DType.F32, Shape.of(1)),
                    backend.allocate("seed and step", DType.I32, Shape.of(4)),
                    backend.allocate("random keys", DType.I32, room),
                    backend.allocate("log confidence", DType.F32, room),
                    backend.allocate("margin", DType.F32, room),
                    backend.allocate("entropy", DType.F32, room));
        }
    }

    CausalScoringPass(Backend backend, Transformer model, Precision precision, Form form) {
        this.form = form;
        int places = Math.multiplyExact(form.batch, form.length);
        Shape room = Shape.of(places);
        // What pads a text on the right is seen by none of its tokens.
        this.tokens = TokenBatch.allocate(backend, model.config(), form.batch, form.length);
        this.rows = backend.allocate("predicting rows", DType.I32, room);
        this.targets = backend.allocate("targets", DType.I32, room);
        this.count = backend.allocate("number of predicting rows", DType.I32, Shape.of(1));
        this.losses = backend.allocate("losses", DType.F32, room);
        this.logSumExp = backend.allocate("log-sum-exp", DType.F32, room);
        this.likeliest = backend.allocate("likeliest tokens", DType.I32, room);
        this.proposal = Proposal.allocate(backend, room);
        this.ids = new int[places];
        this.rowNumbers = new int[places];
        this.targetIds = new int[places];
        this.program = backend.record(recorder -> record(recorder, model, precision, places));
    }

    private void record(Recorder recorder, Transformer model, Precision precision, int places) {
        Ops ops = Ops.inference(recorder, precision);
        Transformer.Trunk trunk = model.trunk(ops, tokens);
        int chunk = Math.clamp(CHUNK_BYTES / (4L * model.config().vocabulary()), 1, places);
        for (int first = 0; first < places; first += chunk) {
            RowLimit limit = RowLimit.of(count, first);
            Tensor logits = model.logitsAt(ops, trunk, rows, limit, Math.min(chunk, places - first));
            recorder.add(
                    new Choose(
                            logits,
                            limit,
                            proposal.temperature,
                            proposal.seed,
                            proposal.keys,
                            likeliest,
                            proposal.logConfidence,
                            proposal.margin,
                            proposal.entropy));
            recorder.add(new CrossEntropy(logits, targets, limit, losses, logSumExp));
        }
    }

    long temporaryBytes() {
        return program.temporaryBytes();
    }

    /** Forgets all texts. */
    void clear() {
        Arrays.fill(ids, 0);
        entries = 0;
    }

    /** Puts a text into a place of the batch and asks for each token of its target, in order. */
    void put(int place, int[] prefix, int[] target) {
        int start = place * form.length;
        System.arraycopy(prefix, 0, ids, start, prefix.length);
        System.arraycopy(target, 0, ids, start + prefix.length, target.length - 1);
        for (int i = 0; i < target.length; i++) {
            rowNumbers[entries] = start + prefix.length - 1 + i;
            targetIds[entries] = target[i];
            entries++;
        }
    }

    void run() {
        tokens.ids().set(ids);
        rows.set(rowNumbers);
        targets.set(targetIds);
        count.set(entries);
        program.run();
    }

    /** The cross-entropy of each token asked for, nats. */
    float[] losses() {
        return losses.floats();
    }

    /** The likeliest token in the place of each one asked for. */
    int[] likeliest() {
        return likeliest.ints();
    }
}
