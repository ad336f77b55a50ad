package dev.unmask.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.kernel.Copy;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.BackendOptions;
import dev.unmask.tensor.program.Backends;
import dev.unmask.tensor.program.DryRun;
import dev.unmask.tensor.reference.ReferenceBackendProvider;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The backend of last resort; the cross-backend suite judges its kernels. */
class ReferenceBackendTest {
    private static final Shape PAIR = Shape.of(2);

    private final Backend backend = Backends.open("reference", BackendOptions.defaults());

    @AfterEach
    void close() {
        backend.close();
    }

    @Test
    void itIsFoundBehindAllOthers() {
        assertEquals("reference", Backends.providers().getLast().name());
    }

    @Test
    void aSumIsRoundedWhereItIsStored() {
        Tensor left = backend.allocate("left", DType.F32, PAIR);
        Tensor right = backend.allocate("right", DType.F32, PAIR);
        Tensor sum = backend.allocate("sum", DType.F32, PAIR);
        left.set(1f, 3e38f);
        right.set(0x1p-25f, 3e38f);
        backend.run(new Add(left, right, sum));
        assertArrayEquals(new float[] {1, Float.POSITIVE_INFINITY}, sum.floats());
    }

    @Test
    void memoryOfTheHostIsReadWhereItIsAndNeverWritten() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2);
            Tensor wrapped = backend.wrap("wrapped", DType.F32, PAIR, host);
            Tensor copy = backend.allocate("copy", DType.F32, PAIR);
            backend.run(new Copy(wrapped, copy));
            assertArrayEquals(new float[] {1, 2}, copy.floats());
            assertThrows(IllegalArgumentException.class, () -> backend.run(new Copy(copy, wrapped)));
        }
    }

    @Test
    void whatReadsATemporaryBeforeItIsWrittenGetsNoNumber() {
        Tensor out = backend.allocate("out", DType.F32, PAIR);
        backend.record(r -> r.add(new Copy(r.temporary("unwritten", DType.F32, PAIR), out))).run();
        assertTrue(Float.isNaN(out.floats()[0]));
    }

    @Test
    void aDryRunCountsTensorsAndTemporaries() {
        DryRun dryRun = new ReferenceBackendProvider().dryRun(BackendOptions.defaults());
        Tensor out = dryRun.allocate("out", DType.F32, PAIR);
        dryRun.record(r -> r.add(new Copy(r.temporary("temporary", DType.F32, PAIR), out)));
        assertEquals(8, dryRun.use().tensors());
        assertEquals(8, dryRun.use().temporaries());
    }

    @Test
    void itHasOneDevice() {
        BackendOptions second = new BackendOptions(1, "cpu:1");
        String message = assertThrows(InputException.class, () -> Backends.open("reference", second)).getMessage();
        assertEquals("device: found cpu:1, expected cpu: the reference backend has no other device", message);
    }
}
