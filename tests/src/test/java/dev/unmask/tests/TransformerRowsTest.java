package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.model.TokenBatch;
import dev.unmask.model.Transformer;
import dev.unmask.model.Transformer.Trunk;
import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.ShapeException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.grad.Ops;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

import java.util.Arrays;

/** Logits at some rows are those of all rows, picked. */
@ParameterizedClass
@MethodSource("dev.unmask.tests.BackendsUnderTest#open")
class TransformerRowsTest {
    private static final int BATCH = 2;
    private static final int LENGTH = 5;
    private static final int[] ROWS = {7, 0, 9, 4, 2, 3};
    private static final int LIVE = 4;
    private static final int FIRST = 1;

    private final Backend backend;

    TransformerRowsTest(Backend backend) {
        this.backend = backend;
    }

    @Test
    void logitsAtSomeRowsAreThoseOfAllRows() {
        Transformer model = RandomModel.masked(backend);
        int vocabulary = model.config().vocabulary();
        TokenBatch input = TokenBatch.allocate(backend, model.config(), BATCH, LENGTH);
        int[] ids = new int[BATCH * LENGTH];
        Arrays.setAll(ids, i -> i * 7 % vocabulary);
        input.ids().set(ids);
        Tensor rows = backend.allocate("rows", DType.I32, Shape.of(ROWS.length));
        rows.set(ROWS);
        Tensor count = backend.allocate("count", DType.I32, Shape.of(1));
        count.set(LIVE);
        int size = ROWS.length - FIRST;
        Tensor all = backend.allocate("all", DType.F32, Shape.of(BATCH * LENGTH, vocabulary));
        Tensor some = backend.allocate("some", DType.F32, Shape.of(size, vocabulary));
        backend.record(
                        recorder -> {
                            Ops ops = Ops.inference(recorder, Precision.F32);
                            recorder.add(new Copy(model.logits(ops, model.hidden(ops, input)), all));
                            Trunk trunk = model.trunk(ops, input);
                            recorder.add(
                                    new Copy(model.logitsAt(ops, trunk, rows, RowLimit.of(count, FIRST), size), some));
                        })
                .run();
        for (int r = 0; r < LIVE - FIRST; r++) {
            int row = ROWS[FIRST + r];
            assertArrayEquals(
                    Arrays.copyOfRange(all.floats(), row * vocabulary, (row + 1) * vocabulary),
                    Arrays.copyOfRange(some.floats(), r * vocabulary, (r + 1) * vocabulary),
                    1e-5f);
        }
    }

    @Test
    void operationsBetweenRowsAreRefusedWhereSomeRowsAreLeftOut() {
        Transformer model = RandomModel.masked(backend);
        TokenBatch input = TokenBatch.allocate(backend, model.config(), BATCH, LENGTH);
        Tensor count = backend.allocate("count", DType.I32, Shape.of(1));
        ShapeException refused =
                assertThrows(
                        ShapeException.class,
                        () ->
                                backend.record(recorder ->
                                        model.trunk(
                                                Ops.inference(recorder, Precision.F32).limitedTo(RowLimit.of(count, 0)),
                                                input)));
        assertTrue(refused.getMessage().contains("takes all rows"), refused::getMessage);
    }
}
