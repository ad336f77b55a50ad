package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.unmask.model.KeyValueCache;
import dev.unmask.model.Seen;
import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** What a model says of a text does not depend, by a single bit, on what is computed beside it. */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class BatchBitsTest {
    private static final int[] BATCHES = {2, 3, 5, 16};

    private final Backend backend;
    private final SplittableRandom random = new SplittableRandom(14);

    BatchBitsTest(Backend backend) {
        this.backend = backend;
    }

    @BeforeEach
    void onlyProcessorsPromiseIt() {
        assumeFalse(backend.name().equals("tornado"), "a GPU cuts products by their extents");
    }

    private int[] text(int length) {
        return random.ints(length, 0, 50).toArray();
    }

    private float[] logits(Transformer model, Precision precision, int batch, int[] ids) {
        TokenBatch input = TokenBatch.allocate(backend, model.config(), batch, ids.length / batch);
        input.ids().set(ids);
        Shape shape = Shape.of(ids.length, model.config().vocabulary());
        Tensor logits = backend.allocate("logits", DType.F32, shape);
        backend.record(
                        recorder -> {
                            Ops ops = Ops.inference(recorder, precision);
                            recorder.add(new Copy(model.logits(ops, model.hidden(ops, input)), logits));
                        })
                .run();
        return logits.floats();
    }

    @ParameterizedTest
    @CsvSource({"F32, false", "TF32, false", "BF16, false", "F32, true", "BF16, true"})
    void logitsOfATextAreTheSameAloneAndInABatch(Precision precision, boolean causal) {
        Transformer model = RandomModel.wide(backend, causal);
        for (int length : new int[] {1, 7, 33}) {
            int[] text = text(length);
            float[] alone = logits(model, precision, 1, text);
            for (int batch : BATCHES) {
                int place = batch / 2;
                int[] ids = text(batch * length);
                System.arraycopy(text, 0, ids, place * length, length);
                float[] all = logits(model, precision, batch, ids);
                float[] found = Arrays.copyOfRange(all, place * alone.length, (place + 1) * alone.length);
                assertArrayEquals(bits(alone), bits(found), length + " tokens in a batch of " + batch);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void logitsAtSomeRowsAreThoseOfAllRows(Precision precision) {
        Transformer model = RandomModel.wide(backend, false);
        int vocabulary = model.config().vocabulary();
        int[] text = text(60);
        float[] all = logits(model, precision, 1, text);
        TokenBatch input = TokenBatch.allocate(backend, model.config(), 1, text.length);
        input.ids().set(text);
        Tensor rows = backend.allocate("rows", DType.I32, Shape.of(text.length));
        rows.set(IntStream.range(0, text.length).map(i -> text.length - 1 - i).toArray());
        Tensor count = backend.allocate("count", DType.I32, Shape.of(1));
        Tensor some = backend.allocate("some", DType.F32, Shape.of(text.length, vocabulary));
        Program program =
                backend.record(recorder -> {
                    Ops ops = Ops.inference(recorder, precision);
                    Transformer.Trunk trunk = model.trunk(ops, input);
                    recorder.add(new Copy(model.logitsAt(ops, trunk, rows, RowLimit.of(count, 0), text.length), some));
                });
        for (int live : new int[] {1, 2, 5, 17, 49, 60}) {
            count.set(live);
            program.run();
            float[] found = some.floats();
            for (int r = 0; r < live; r++) {
                int row = text.length - 1 - r;
                assertArrayEquals(
                        bits(Arrays.copyOfRange(all, row * vocabulary, (row + 1) * vocabulary)),
                        bits(Arrays.copyOfRange(found, r * vocabulary, (r + 1) * vocabulary)),
                        "row " + row + " of " + live);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "BF16"})
    void decodingTokenByTokenSaysWhatAWholePassSays(Precision precision) {
        Transformer model = RandomModel.wide(backend, true);
        int vocabulary = model.config().vocabulary();
        int[] text = text(80);
        float[] whole = logits(model, precision, 1, text);
        KeyValueCache cache = KeyValueCache.allocate(backend, model.config(), 1, 96, 1);
        TokenBatch token = TokenBatch.allocateSeeing(backend, 1, 1);
        Tensor logits = backend.allocate("logits", DType.F32, Shape.of(1, vocabulary));
        Tensor rows = backend.allocate("rows", DType.I32, Shape.of(1));
        Program program =
                backend.record(recorder -> {
                    Ops ops = Ops.inference(recorder, precision);
                    Transformer.Trunk trunk = model.decode(ops, token, cache);
                    recorder.add(new Copy(model.logitsAt(ops, trunk, rows, RowLimit.ALL, 1), logits));
                });
        Seen seen = new Seen(1, 1, 96);
        for (int i = 0; i < text.length; i++) {
            token.ids().set(text[i]);
            token.positions().set(i);
            cache.rows().set(i);
            seen.see(0, 0, 0, i + 1);
            token.see(seen);
            program.run();
            assertArrayEquals(
                    bits(Arrays.copyOfRange(whole, i * vocabulary, (i + 1) * vocabulary)),
                    bits(logits.floats()),
                    "token " + i);
        }
    }

    private static int[] bits(float[] values) {
        int[] bits = new int[values.length];
        Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
        return bits;
    }
}
