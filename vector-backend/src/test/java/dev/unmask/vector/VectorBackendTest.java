package dev.unmask.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Fill;
import dev.unmask.tensor.program.KernelTimes;
import dev.unmask.tensor.program.Program;
import dev.unmask.vector.machine.BFloat16Code;

import org.junit.jupiter.api.Test;

import java.util.HashMap;
import java.util.Map;

final class VectorBackendTest {
    @Test
    void thePeakIsMoreThanOneOperationASecondAndLessThanAnyCoreHas() {
        try (VectorBackend backend = new VectorBackend(2, BFloat16Code.OFF)) {
            double peak = backend.measurePeak().orElseThrow();
            assertTrue(peak > 1e6, "found " + peak);
            assertTrue(peak < 2e13, "found " + peak);
        }
    }

    @Test
    void kernelsAreCountedByTheirKindFromTheMomentThatIsAskedFor() {
        try (VectorBackend backend = new VectorBackend(2, BFloat16Code.OFF)) {
            Tensor a = backend.allocate("a", DType.F32, Shape.of(7));
            Program program =
                    backend.record(recorder -> {
                        recorder.add(new Fill(a, 1));
                        recorder.add(new Add(a, a, a));
                        recorder.add(new Add(a, a, a));
                    });
            program.run();
            KernelTimes times = new KernelTimes();
            assertTrue(backend.countInto(times));
            program.run();
            program.run();
            Map<String, Long> calls = new HashMap<>();
            for (KernelTimes.Entry entry : times.entries()) {
                calls.put(entry.kind(), entry.calls());
                assertTrue(entry.nanos() >= 0);
            }
            assertEquals(Map.of("Fill", 2L, "Add", 4L), calls);
        }
    }
}
