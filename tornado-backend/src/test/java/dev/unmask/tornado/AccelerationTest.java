package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.KernelTimes;
import dev.unmask.tensor.program.Program;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Products by a library, and what a CUDA graph repeats, on a device that runs kernels as plain Java. */
class AccelerationTest {
    private final StandInLibrary library = new StandInLibrary();
    private final PlainDevice device = new PlainDevice().with(library);

    /** A library that is off by one in one precision. */
    private record Wrong(StandInLibrary library, Precision precision) implements MatrixLibrary {
        @Override
        public String name() {
            return "wrong";
        }

        @Override
        public void prepare(NativeQueue queue) {
            library.prepare(queue);
        }

        @Override
        public void multiply(NativeQueue queue, Product p) {
            if (p.precision() == precision) {
                throw new IllegalStateException("cublasGemmEx gave status 13");
            }
            library.multiply(queue, p);
        }
    }

    private static Tensor floats(Backend backend, String name, float... values) {
        Tensor tensor = backend.allocate(name, DType.F32, Shape.of(values.length / 2, 2));
        tensor.set(values);
        return tensor;
    }

    @Test
    void whatTheLibraryComputesIsWhatTheKernelsCompute() {
        try (TornadoBackend backend = new TornadoBackend(device)) {
            SelfTest.test(device.acceleration(), backend);
            assertEquals(List.of(), device.acceleration().reasons());
            assertFalse(library.multiplied().isEmpty());
            assertTrue(device.captured() > 0);
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void aLibraryThatFailsIsLeftOutInThatPrecision(Precision precision) {
        PlainDevice wrong = new PlainDevice().with(new Wrong(library, precision));
        try (TornadoBackend backend = new TornadoBackend(wrong)) {
            SelfTest.test(wrong.acceleration(), backend);
        }
        // Within attention, factors of bfloat16 are multiplied as TF32.
        Set<Precision> left =
                precision == Precision.TF32 ? EnumSet.of(Precision.F32) : EnumSet.complementOf(EnumSet.of(precision));
        for (Precision each : Precision.values()) {
            assertEquals(left.contains(each), wrong.acceleration().multiplies(each), each.name());
        }
        assertEquals(Precision.values().length - left.size(), wrong.acceleration().reasons().size());
        assertTrue(wrong.acceleration().reasons().getFirst().endsWith("cublasGemmEx gave status 13"));
    }

    @Test
    void onlyLiveRowsAreMultipliedAndTheCountMayChangeFromRunToRun() {
        try (Backend backend = new TornadoBackend(device)) {
            Tensor a = floats(backend, "a", 1, 2, 3, 4, 5, 6);
            Tensor b = floats(backend, "b", 1, 0, 0, 10);
            Tensor c = floats(backend, "c", -1, -1, -1, -1, -1, -1);
            Tensor count = backend.allocate("count", DType.I32, Shape.of(1));
            Program program =
                    backend.record(r ->
                            r.add(
                                    new Gemm(
                                            a,
                                            false,
                                            b,
                                            false,
                                            Optional.empty(),
                                            c,
                                            RowLimit.of(count, 1),
                                            Precision.F32)));
            program.run();
            count.set(3);
            program.run();
            assertArrayEquals(new float[] {1, 20, 3, 40, -1, -1}, c.floats());
            count.set(9);
            program.run();
            assertArrayEquals(new float[] {1, 20, 3, 40, 5, 60}, c.floats());
            assertEquals(List.of(0, 2, 3), library.multiplied().stream().map(product -> product.size().m()).toList());
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void weightsStoredAsBfloat16AreMultipliedWhereTheyLieIfFactorsAreRounded(Precision precision) {
        try (Backend backend = new TornadoBackend(device)) {
            Tensor a = floats(backend, "a", 1, 2, 3, 4);
            Tensor weight = backend.allocate("weight", DType.BF16, Shape.of(3, 2));
            short[] halves = {0x3F80, 0x4000, (short) 0xC040, 0x0000, 0x3F00, (short) 0xBF80};
            weight.upload(MemorySegment.ofArray(halves));
            Tensor c = backend.allocate("c", DType.F32, Shape.of(2, 3));
            backend.run(new Gemm(a, false, weight, true, Optional.empty(), c, RowLimit.ALL, precision));
            assertArrayEquals(new float[] {5, -3, -1.5f, 11, -9, -2.5f}, c.floats());
            boolean rounded = precision == Precision.BF16;
            assertEquals(
                    rounded ? Matrix.Elements.BFLOATS : Matrix.Elements.FLOATS,
                    library.multiplied().getLast().b().elements());
            assertEquals(rounded ? EnumSet.of(Entry.PACK) : EnumSet.of(Entry.WIDEN), device.run());
        }
    }

    @Test
    void aCountThatAProgramWritesIsReadFromTheDevice() {
        try (Backend backend = new TornadoBackend(device)) {
            Tensor a = floats(backend, "a", 1, 2, 3, 4);
            Tensor gram = floats(backend, "gram", 0, 0, 0, 0);
            Tensor count = backend.allocate("count", DType.I32, Shape.of(1));
            Tensor other = backend.allocate("other", DType.I32, Shape.of(1));
            count.set(2);
            other.set(1);
            Program program =
                    backend.record(r ->
                            r.add(
                                    new Gemm(
                                            a,
                                            true,
                                            a,
                                            false,
                                            Optional.empty(),
                                            gram,
                                            RowLimit.of(count, 0),
                                            Precision.F32)));
            program.run();
            assertArrayEquals(new float[] {10, 14, 14, 20}, gram.floats());
            backend.run(new Copy(other, count));
            program.run();
            assertArrayEquals(new float[] {1, 2, 2, 4}, gram.floats());
        }
    }

    @Test
    void whatRepeatsIsCapturedAfterTheFirstRunUnlessAProductCountsItsRows() {
        try (Backend backend = new TornadoBackend(device)) {
            Tensor x = floats(backend, "x", 1, 0, 0, 1);
            Tensor y = floats(backend, "y", 0, 0, 0, 0);
            Tensor count = backend.allocate("count", DType.I32, Shape.of(1));
            count.set(2);
            Gemm counted = new Gemm(x, false, x, false, Optional.of(y), y, RowLimit.of(count, 0), Precision.F32);
            Gemm whole = new Gemm(x, false, x, false, Optional.of(y), y, RowLimit.ALL, Precision.F32);
            Program program =
                    backend.record(r -> {
                        for (int i = 0; i < 2; i++) {
                            r.add(new Add(x, y, y));
                            r.add(whole);
                            r.add(new Add(x, y, y));
                            r.add(i == 0 ? counted : whole);
                        }
                    });
            for (int run = 0; run < 3; run++) {
                program.run();
            }
            assertEquals(List.of(8, 3, 3), device.graphs());
            assertEquals(4, device.captured());
            assertArrayEquals(new float[] {24, 0, 0, 24}, y.floats());
        }
    }

    @Test
    void timesAreCountedByKernelAfterTheFirstRun() {
        try (Backend backend = new TornadoBackend(device)) {
            Tensor x = floats(backend, "x", 1, 0, 0, 1);
            Tensor y = floats(backend, "y", 0, 0, 0, 0);
            KernelTimes times = new KernelTimes();
            assertTrue(backend.countInto(times));
            Gemm product = new Gemm(x, false, x, false, Optional.of(y), y, RowLimit.ALL, Precision.F32);
            Program program =
                    backend.record(r -> {
                        r.add(new Add(x, y, y));
                        r.add(product);
                        r.add(new Add(x, y, y));
                    });
            for (int run = 0; run < 3; run++) {
                program.run();
            }
            Map<String, Long> calls =
                    times.entries().stream()
                            .collect(Collectors.toMap(KernelTimes.Entry::kind, KernelTimes.Entry::calls));
            assertEquals(Map.of("Add", 4L, "Gemm", 2L), calls);
            assertArrayEquals(new float[] {9, 0, 0, 9}, y.floats());
        }
    }
}
