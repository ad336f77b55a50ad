package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Heads;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Attention;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;
import dev.unmask.tornado.FusedAttention.Part;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.List;
import java.util.Optional;

/** Attention without scores in memory, by a stand-in for its kernels on a device that runs the others as plain Java. */
class FusedAttentionTest {
    private final StandInAttention attention = new StandInAttention();
    private final PlainDevice device = new PlainDevice().with(new StandInLibrary(), attention);

    /** Attention that fails in one precision. */
    private record Wrong(StandInAttention attention, Precision precision) implements AttentionLibrary {
        @Override
        public String name() {
            return "wrong";
        }

        @Override
        public void prepare(NativeQueue queue) {
            attention.prepare(queue);
        }

        @Override
        public void attend(NativeQueue queue, FusedAttention step) {
            if (step.precision() == precision) {
                throw new IllegalStateException("cuLaunchKernel gave status 701");
            }
            attention.attend(queue, step);
        }
    }

    private static Attention attention(Backend backend, Heads heads, int tokens, Precision precision) {
        Tensor fused = backend.allocate("fused", DType.F32, Shape.of(tokens, heads.fusedWidth()));
        return new Attention(
                heads.queriesOf(fused),
                heads.keysOf(fused),
                heads.valuesOf(fused),
                1,
                Optional.empty(),
                backend.allocate("out", DType.F32, Shape.of(tokens, heads.width())),
                backend.allocate("log-sum-exp", DType.F32, Shape.of(1, heads.count(), tokens)),
                precision);
    }

    private static void run(PlainDevice device, Precision precision) {
        try (TornadoBackend backend = new TornadoBackend(device, warning -> {})) {
            backend.run(attention(backend, new Heads(2, 1, 40), 3, precision));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void beforeItsFirstUseItIsHeldAgainstTheReference(Precision precision) {
        run(device, precision);
        int steps = attention.attended().size();
        for (Part part : Part.values()) {
            assertTrue(attention.attended().stream().anyMatch(step -> step.part() == part), part.name());
        }
        run(device, precision);
        assertEquals(steps + 1, attention.attended().size());
        assertEquals(List.of(), device.acceleration().reasons());
    }

    @ParameterizedTest
    @EnumSource(names = {"TF32", "BF16"})
    void whereItFailsItIsLeftOutInThatPrecision(Precision precision) {
        PlainDevice wrong = new PlainDevice().with(new StandInLibrary(), new Wrong(attention, precision));
        run(wrong, Precision.TF32);
        run(wrong, Precision.BF16);
        for (Precision each : List.of(Precision.TF32, Precision.BF16)) {
            assertEquals(each != precision, wrong.acceleration().attends(each), each.name());
            assertTrue(wrong.acceleration().multiplies(each), each.name());
        }
        assertEquals(1, wrong.acceleration().reasons().size());
        assertTrue(
                wrong.acceleration()
                        .reasons()
                        .getFirst()
                        .matches(
                                "attention in [tb]f\\d\\d brings scores to memory, which is slower: cuLaunchKernel gave"
                                        + " status 701"));
    }

    @ParameterizedTest
    @CsvSource({"TF32, 64, true", "BF16, 128, true", "F32, 64, false", "TF32, 132, false", "TF32, 6, false"})
    void headsInChunksAndRoundedFactorsAreItsWay(Precision precision, int size, boolean fits) {
        try (Backend backend = new TornadoBackend(device)) {
            assertEquals(fits, FusedAttention.fits(attention(backend, new Heads(2, 1, size), 8, precision)));
        }
    }

    @Test
    void noWorkspaceIsTakenForScores() {
        try (Backend backend = new TornadoBackend(device)) {
            Attention kernel = attention(backend, new Heads(2, 1, 64), 100, Precision.TF32);
            Ways both = new Ways(precision -> true, precision -> true);
            assertEquals(0, Lowering.workspaceElements(List.of(kernel), both));
            assertTrue(Lowering.workspaceElements(List.of(kernel), Ways.PRODUCTS) >= 2 * 100 * 100);
        }
    }

    @Test
    void itIsCapturedAmongKernelsThatRepeat() {
        try (Backend backend = new TornadoBackend(device)) {
            Attention kernel = attention(backend, new Heads(2, 1, 8), 5, Precision.BF16);
            backend.run(kernel);
            int before = attention.attended().size();
            int graphs = device.graphs().size();
            Program program =
                    backend.record(r -> {
                        for (int i = 0; i < 3; i++) {
                            r.add(new Fill(kernel.out(), 1f));
                            r.add(kernel);
                        }
                    });
            for (int run = 0; run < 3; run++) {
                program.run();
            }
            assertEquals(List.of(6, 1, 1), device.graphs().subList(graphs, graphs + 3));
            assertEquals(before + 9, attention.attended().size());
            assertEquals(0f, kernel.out().floats()[0]);
        }
    }

    @ParameterizedTest
    @CsvSource({"32, TF32", "64, BF16", "128, TF32"})
    void itsSourceCompilesWhereTheCompilerIs(int size, Precision precision) {
        Optional<Nvrtc> compiler = Nvrtc.find();
        assumeTrue(compiler.isPresent(), "no NVRTC");
        byte[] code =
                compiler.get()
                        .compile(
                                CudaAttention.source(), CudaAttention.options(AttentionTuning.of(size, precision), 90));
        assertTrue(code.length > 0);
        assertFalse(compiler.get().name().isEmpty());
    }
}
