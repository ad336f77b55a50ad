package dev.unmask.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.vector.gemm.BFloat16Panels;
import dev.unmask.vector.gemm.FittingProduct;
import dev.unmask.vector.gemm.Float32Panels;
import dev.unmask.vector.gemm.GemmPacking;
import dev.unmask.vector.gemm.KeptPanels;
import dev.unmask.vector.gemm.MatrixProduct;
import dev.unmask.vector.gemm.Panels;
import dev.unmask.vector.machine.BFloat16Code;
import dev.unmask.vector.machine.Float32Code;
import dev.unmask.vector.work.Storage;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/** Panels that are kept give the bits of panels that are packed each time, and never those of another weight. */
class KeptPanelsTest {
    private static final int ROWS = 5;
    private static final int IN = 40;
    private static final int OUT = 70;

    private final SplittableRandom random = new SplittableRandom(5);

    /** Of several rounds of columns, of rows, and several blocks of k; of few rows. */
    @ParameterizedTest
    @CsvSource({
        "3, 5, 7",
        "3200, 40, 9",
        "40, 3200, 9",
        "2600, 2600, 5",
        "61, 130, 1100",
        "70, 49, 512",
        "1, 100, 512",
        "48, 130, 1100",
        "16, 49, 513"
    })
    void everyPanelIsFoundAgain(int m, int n, int k) {
        Panels panels = new Float32Panels(false, Float32Code.load(BFloat16Code.AUTO));
        try (Workers workers = new Workers(2);
                Arena arena = Arena.ofConfined()) {
            MemorySegment a = numbers(arena, (long) m * k);
            MemorySegment b = numbers(arena, (long) n * k);
            MemorySegment expected = arena.allocate((long) m * n * Float.BYTES, 64);
            MemorySegment found = arena.allocate((long) m * n * Float.BYTES, 64);
            AtomicLong version = new AtomicLong();
            GemmPacking.Items rows = new GemmPacking.Items(a.address(), k * 4L, true, false);
            GemmPacking.Items columns = new GemmPacking.Items(b.address(), k * 4L, true, false);
            KeptPanels kept = new KeptPanels(panels, n, arena.allocate(bytes(panels, n, k), 64), version::get);
            long stride = n * 4L;
            Workspace workspace = new Workspace(workers.count(), Storage.OFF_HEAP);
            MatrixProduct packing =
                    new FittingProduct(
                            workers,
                            workspace,
                            panels,
                            new MatrixProduct.Places(rows, columns, 0, expected.address(), stride),
                            Optional.empty());
            MatrixProduct keeping =
                    new FittingProduct(
                            workers,
                            workspace,
                            panels,
                            new MatrixProduct.Places(rows, columns, 0, found.address(), stride),
                            Optional.of(kept));
            packing.reserve(m, n, k);
            keeping.reserve(m, n, k);
            packing.run(m, n, k);
            keeping.run(m, n, k);
            assertEquals(-1, expected.mismatch(found));
            assertTrue(kept.areCurrent());

            b.copyFrom(numbers(arena, (long) n * k));
            found.fill((byte) 0);
            keeping.run(m, n, k);
            assertEquals(-1, expected.mismatch(found), "nobody said that the operand has changed");

            version.incrementAndGet();
            assertFalse(kept.areCurrent());
            packing.run(m, n, k);
            keeping.run(m, n, k);
            assertEquals(-1, expected.mismatch(found));
        }
    }

    private static long bytes(Panels panels, int n, int k) {
        try (VectorBackend backend = new VectorBackend(1, BFloat16Code.OFF)) {
            return KeptPanels.bytes(panels, backend.declare("weight", DType.F32, Shape.of(n, k)));
        }
    }

    private MemorySegment numbers(Arena arena, long count) {
        MemorySegment segment = arena.allocate(count * Float.BYTES, 64);
        for (long i = 0; i < count; i++) {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
        }
        return segment;
    }

    private float[] floats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
        }
        return values;
    }

    private static VectorBackend backend() {
        return new VectorBackend(2, BFloat16Code.AUTO);
    }

    private static Panels panels(Precision precision) {
        return precision != Precision.BF16
                ? new Float32Panels(false, Float32Code.load(BFloat16Code.AUTO))
                : BFloat16Code.AUTO
                        .load()
                        .<Panels>map(BFloat16Panels::new)
                        .orElseGet(() -> new Float32Panels(true, Float32Code.load(BFloat16Code.AUTO)));
    }

    private static Tensor matrix(Backend backend, String name, int rows, int columns) {
        return backend.allocate(name, DType.F32, Shape.of(rows, columns));
    }

    private static Program product(Backend backend, Precision precision, Tensor x, Tensor weight, Tensor y) {
        return backend.record(recorder ->
                recorder.add(new Gemm(x, false, weight, true, Optional.empty(), y, RowLimit.ALL, precision)));
    }

    /** What a backend that has never seen another weight computes. */
    private static float[] fresh(Precision precision, float[] x, float[] weight) {
        try (VectorBackend backend = backend()) {
            Tensor y = matrix(backend, "y", ROWS, OUT);
            Tensor input = matrix(backend, "x", ROWS, IN);
            Tensor factor = matrix(backend, "weight", OUT, IN);
            input.set(x);
            factor.set(weight);
            product(backend, precision, input, factor, y).run();
            return y.floats();
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void aWeightThatIsUploadedOrWrittenByAProgramIsPackedAnew(Precision precision) {
        try (VectorBackend backend = backend()) {
            Tensor x = matrix(backend, "x", ROWS, IN);
            Tensor weight = matrix(backend, "weight", OUT, IN);
            Tensor other = matrix(backend, "other", OUT, IN);
            Tensor y = matrix(backend, "y", ROWS, OUT);
            Program product = product(backend, precision, x, weight, y);
            float[] input = floats(ROWS * IN);
            x.set(input);
            for (int round = 0; round < 2; round++) {
                float[] uploaded = floats(OUT * IN);
                weight.set(uploaded);
                product.run();
                assertArrayEquals(fresh(precision, input, uploaded), y.floats());
                product.run();
                assertArrayEquals(fresh(precision, input, uploaded), y.floats());

                float[] copied = floats(OUT * IN);
                other.set(copied);
                backend.run(new Copy(other, weight));
                product.run();
                assertArrayEquals(fresh(precision, input, copied), y.floats());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void programsShareThePanelsOfAWeight(Precision precision) {
        try (VectorBackend backend = backend()) {
            VectorTensor weight = (VectorTensor) matrix(backend, "weight", OUT, IN);
            product(backend, precision, matrix(backend, "x", ROWS, IN), weight, matrix(backend, "y", ROWS, OUT));
            KeptPanels kept = weight.keptPanels(panels(precision)).orElseThrow();
            product(
                    backend,
                    precision,
                    matrix(backend, "x", 3 * ROWS, IN),
                    weight,
                    matrix(backend, "y", 3 * ROWS, OUT));
            assertEquals(kept, weight.keptPanels(panels(precision)).orElseThrow());
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void aProgramThatMultipliesTheOtherWayRoundOrWritesTheWeightKeepsNothing(Precision precision) {
        try (VectorBackend backend = backend()) {
            VectorTensor trained = (VectorTensor) matrix(backend, "trained", OUT, IN);
            VectorTensor written = (VectorTensor) matrix(backend, "written", OUT, IN);
            Tensor x = matrix(backend, "x", ROWS, IN);
            Tensor y = matrix(backend, "y", ROWS, OUT);
            backend.record(recorder -> {
                for (Tensor weight : new Tensor[] {trained, written}) {
                    recorder.add(new Gemm(x, false, weight, true, Optional.empty(), y, RowLimit.ALL, precision));
                }
                recorder.add(new Gemm(y, false, trained, false, Optional.empty(), x, RowLimit.ALL, precision));
                recorder.add(new Copy(trained, written));
            });
            assertTrue(trained.keptPanels(panels(precision)).isEmpty());
            assertTrue(written.keptPanels(panels(precision)).isEmpty());
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void theDryRunCountsThePanelsOfAWeightOnceNextToTheWorkspace(Precision precision) {
        try (VectorBackend backend = backend();
                VectorDryRun dryRun = new VectorDryRun(2, BFloat16Code.AUTO)) {
            for (Backend each : List.of(backend, dryRun)) {
                Tensor weight = matrix(each, "weight", OUT, IN);
                for (int i = 0; i < 2; i++) {
                    product(each, precision, matrix(each, "x", ROWS, IN), weight, matrix(each, "y", ROWS, OUT));
                }
            }
            long kept = KeptPanels.bytes(panels(precision), dryRun.declare("weight", DType.F32, Shape.of(OUT, IN)));
            assertEquals(backend.workspace().bytes() + kept, dryRun.use().workspace());
        }
    }
}
