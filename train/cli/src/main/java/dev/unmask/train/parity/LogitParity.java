package dev.unmask.train.parity;

import dev.unmask.model.Int8Weights;
import dev.unmask.model.ModelFolder;
import dev.unmask.model.Network;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.model.WeightFiles;
import dev.unmask.model.Weights;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.io.Safetensors;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.io.StoredTensor;
import dev.unmask.tensor.io.StoredType;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.train.parity.Parity.Comparison;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Compares logits of a model of a published family with those that its publisher's network gave: {@code logits} as they
 * come at each position, and {@code denoiser}, the distributions of positions, where a family shifts logits.
 */
final class LogitParity {
    private static final String IDS = "ids";

    private final Backend backend;
    private final Safetensors golden;
    private final Transformer model;
    private final int batch;
    private final int length;
    private final int[] ids;
    private final boolean cast;
    private final boolean int8;

    private LogitParity(Backend backend, Path folder) throws IOException {
        ModelFolder files = ModelFolder.open(folder);
        this.backend = backend;
        Collection<StoredTensor> weights = WeightFiles.open(files.weights()).tensors();
        this.cast =
                files.config().network().positions() == Network.Positions.ROTARY
                        && weights.stream().anyMatch(tensor -> tensor.type() == StoredType.BF16);
        this.int8 = Int8Weights.among(weights);
        this.golden = Safetensors.open(folder.resolve("golden.safetensors"));
        this.model = files.load(backend, Weights.Use.INFERENCE);
        StoredTensor stored = golden.require(IDS);
        if (stored.shape().rank() != 2 || stored.type() != StoredType.I64) {
            throw new InputException(
                    golden.file()
                            + ": ids: found "
                            + stored.type()
                            + stored.shape()
                            + ", expected I64 of sequences by positions");
        }
        this.batch = stored.shape().extent(0);
        this.length = stored.shape().extent(1);
        if (length > model.config().maxLength()) {
            throw new InputException(
                    golden.file()
                            + ": ids: found sequences of "
                            + length
                            + ", expected at most the "
                            + model.config().maxLength()
                            + " positions of the model");
        }
        this.ids = new int[batch * length];
        long[] wide = new long[ids.length];
        MemorySegment.ofArray(wide).copyFrom(stored.data());
        for (int i = 0; i < ids.length; i++) {
            if (wide[i] < 0 || wide[i] >= model.config().embeddingRows()) {
                throw new InputException(
                        golden.file()
                                + ": ids: found "
                                + wide[i]
                                + ", expected ids below the "
                                + model.config().embeddingRows()
                                + " of the model");
            }
            ids[i] = (int) wide[i];
        }
    }

    /** Whether a folder is one of a published family. */
    static boolean applies(Path folder) throws IOException {
        return ModelFolder.open(folder).family().isPresent();
    }

    static List<Comparison> check(Backend backend, Path folder) throws IOException {
        LogitParity parity = new LogitParity(backend, folder);
        List<Comparison> comparisons = new ArrayList<>();
        comparisons.add(parity.logits());
        if (parity.golden.tensor("denoiser").isPresent()) {
            comparisons.add(parity.compared("denoiser", parity.atRows()));
        }
        return comparisons;
    }

    /**
     * The recorded logits of bfloat16 weights may be of a network that was cast as a whole, the frequencies of its
     * rotary positions too; the file does not say. Those of one or the other must be met.
     */
    private Comparison logits() {
        Network network = model.config().network().withShiftedLogits(false);
        Comparison exact = compared("logits", logits(network));
        if (exact.passes() || !cast) {
            return exact;
        }
        Comparison rounded = compared("logits", logits(network.withPositions(Network.Positions.ROTARY_BF16)));
        return rounded.passes()
                ? new Comparison(
                        "logits, rotary frequencies rounded to bfloat16", rounded.error(), rounded.tolerance())
                : exact;
    }

    private Comparison compared(String name, float[] found) {
        return int8
                ? Parity.compared(golden, name, found, Parity.INT8_TOLERANCE).of(name + ", weights in int8")
                : Parity.compared(golden, name, found, Parity.FORWARD_TOLERANCE);
    }

    private float[] logits(Network network) {
        Transformer frozen = new Transformer(backend, model.config().withNetwork(network), model.parameters());
        Transformer plain = model.adapters().map(frozen::withAdapters).orElse(frozen);
        return run((ops, input) -> plain.logits(ops, plain.hidden(ops, input)));
    }

    /** As samplers ask: at rows that they name. */
    private float[] atRows() {
        Tensor rows = backend.allocate("rows", DType.I32, Shape.of(ids.length));
        rows.set(IntStream.range(0, ids.length).toArray());
        return run((ops, input) -> model.logitsAt(ops, model.trunk(ops, input), rows, RowLimit.ALL, ids.length));
    }

    private interface Logits {
        Tensor of(Ops ops, TokenBatch input);
    }

    private float[] run(Logits logits) {
        TokenBatch input = TokenBatch.allocate(backend, model.config(), batch, length);
        input.ids().set(ids);
        Tensor result = backend.allocate("logits", DType.F32, Shape.of(ids.length, model.config().vocabulary()));
        backend.record(recorder ->
                        recorder.add(new Copy(logits.of(Ops.inference(recorder, Precision.F32), input), result)))
                .run();
        return result.floats();
    }
}
