package dev.unmask.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Precision;
import dev.unmask.tensor.RowLimit;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.kernel.Gemm;
import dev.unmask.tensor.kernel.Kernel;
import dev.unmask.tensor.kernel.RmsNorm;
import dev.unmask.tensor.kernel.SwiGluBackward;
import dev.unmask.tensor.program.Recording;
import dev.unmask.vector.machine.BFloat16Code;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Optional;
import java.util.Set;

class NarrowResultsTest {
    private static final int SIZE = 4;

    private final VectorBackend backend = new VectorBackend(1, BFloat16Code.OFF);
    private final Tensor weight = square("weight");
    private final Tensor normed = square("normed");
    private final Tensor product = square("product");

    @AfterEach
    void close() {
        backend.close();
    }

    private Tensor square(String name) {
        return backend.declare(name, DType.F32, Shape.of(SIZE, SIZE));
    }

    private Kernel norm(Tensor out) {
        Tensor gain = backend.declare("gain", DType.F32, Shape.of(SIZE));
        return new RmsNorm(
                square("x"), gain, 1e-5f, out, backend.declare("r", DType.F32, Shape.of(SIZE)), RowLimit.ALL);
    }

    private static Kernel product(Tensor a, Tensor b, Optional<Tensor> addend, Tensor c, Precision precision) {
        return new Gemm(a, false, b, false, addend, c, RowLimit.ALL, precision);
    }

    private static NarrowResults of(List<Tensor> temporaries, Kernel... kernels) {
        return NarrowResults.of(new Recording(List.of(kernels), temporaries));
    }

    @Test
    void whatOnlyRoundedFactorsReadIsNarrowWhereItIsMadeAndRead() {
        NarrowResults results =
                of(
                        List.of(normed),
                        norm(normed),
                        product(normed, weight, Optional.empty(), product, Precision.BF16),
                        product(weight, normed, Optional.of(product), product, Precision.BF16));
        for (int kernel = 0; kernel < 3; kernel++) {
            assertEquals(Set.of(normed), results.of(kernel));
        }
    }

    @Test
    void whatOutlivesTheProgramStaysWide() {
        NarrowResults results =
                of(List.of(), norm(normed), product(normed, weight, Optional.empty(), product, Precision.BF16));
        assertEquals(Set.of(), results.of(0));
        assertEquals(Set.of(), results.of(1));
    }

    @Test
    void whatAnotherKernelReadsStaysWide() {
        Kernel rounded = product(normed, weight, Optional.empty(), product, Precision.BF16);
        for (Kernel reader :
                List.of(
                        new Copy(normed, square("copy")),
                        product(normed, weight, Optional.empty(), square("other"), Precision.F32),
                        product(weight, weight, Optional.of(normed), square("other"), Precision.BF16))) {
            NarrowResults results = of(List.of(normed), norm(normed), rounded, reader);
            for (int kernel = 0; kernel < 3; kernel++) {
                assertEquals(Set.of(), results.of(kernel));
            }
        }
    }

    @Test
    void whatNobodyReadsStaysWide() {
        assertEquals(Set.of(), of(List.of(normed), norm(normed)).of(0));
    }

    @Test
    void readersOfWhatTheTensorHeldBeforeDoNotCount() {
        NarrowResults results =
                of(
                        List.of(normed),
                        norm(normed),
                        new Copy(normed, square("copy")),
                        norm(normed),
                        product(normed, weight, Optional.empty(), product, Precision.BF16),
                        norm(normed),
                        new Copy(normed, square("copy")));
        assertEquals(
                List.of(Set.of(), Set.of(), Set.of(normed), Set.of(normed), Set.of(), Set.of()),
                List.of(results.of(0), results.of(1), results.of(2), results.of(3), results.of(4), results.of(5)));
    }

    @Test
    void gradientsOfAnActivationAreNarrowTogetherOrNotAtAll() {
        Tensor gate = square("gate");
        Tensor up = square("up");
        Kernel backward = new SwiGluBackward(gate, up, square("dy"), gate, up, RowLimit.ALL);
        Kernel ofGate = product(gate, weight, Optional.empty(), product, Precision.BF16);
        Kernel ofUp = product(up, weight, Optional.of(product), product, Precision.BF16);
        assertEquals(Set.of(gate, up), of(List.of(gate, up), backward, ofGate, ofUp).of(0));
        assertEquals(Set.of(), of(List.of(gate, up), backward, ofGate, new Copy(up, square("copy"))).of(0));
    }
}
