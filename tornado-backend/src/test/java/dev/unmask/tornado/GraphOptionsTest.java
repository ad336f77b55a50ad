package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.InputException;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.kernel.Add;
import dev.unmask.tensor.program.Backend;
import dev.unmask.tensor.program.Program;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.Collections;
import java.util.List;

class GraphOptionsTest {
    private static final int CALLS = 20;

    /** The test of the one graph of many calls runs its four calls one by one, and then the graph. */
    private static final int TEST_APART = 4;

    private static final int TEST_TOGETHER = 1;

    @AfterEach
    void clear() {
        System.clearProperty(GraphOptions.AFTER);
    }

    private static String refusal() {
        return assertThrows(InputException.class, GraphOptions::fromFlag).getMessage();
    }

    @Test
    void theFlagIsReadAndAWrongOneNamed() {
        assertEquals(new GraphOptions(200), GraphOptions.fromFlag());
        System.setProperty(GraphOptions.AFTER, "0");
        assertEquals(new GraphOptions(0), GraphOptions.fromFlag());
        System.setProperty(GraphOptions.AFTER, "never");
        assertEquals(Long.MAX_VALUE, GraphOptions.fromFlag().after());
        System.setProperty(GraphOptions.AFTER, "-1");
        assertEquals("-Dunmask.tornado.graphs.after: found -1, expected a number of runs, or never", refusal());
    }

    @Test
    void aProgramGoesOverAfterAsManyRunsAsTold() {
        System.setProperty(GraphOptions.AFTER, "2");
        PlainDevice device = new PlainDevice();
        try (Backend backend = new TornadoBackend(device)) {
            Tensor sum = backend.allocate("sum", DType.F32, Shape.of(3));
            Tensor one = backend.allocate("one", DType.F32, Shape.of(3));
            one.set(1f, 2f, 3f);
            Program program = backend.record(r -> Collections.nCopies(CALLS, new Add(sum, one, sum)).forEach(r::add));
            for (int run = 0; run < 4; run++) {
                program.run();
            }
            assertEquals(List.of(CALLS, CALLS, TEST_APART, TEST_TOGETHER, 5, 5), device.graphs());
            assertArrayEquals(new float[] {4 * CALLS, 8 * CALLS, 12 * CALLS}, sum.floats());
        }
    }

    @Test
    void aProgramWhoseMemoryGrewInBetweenGoesOnWithItsGraphs() {
        System.setProperty(GraphOptions.AFTER, "1");
        PlainDevice device = new PlainDevice();
        try (Backend backend = new TornadoBackend(device)) {
            Tensor sum = backend.allocate("sum", DType.F32, Shape.of(3));
            Tensor one = backend.allocate("one", DType.F32, Shape.of(3));
            one.set(1f, 2f, 3f);
            Program program = backend.record(r -> Collections.nCopies(CALLS, new Add(sum, one, sum)).forEach(r::add));
            program.run();
            program.run();
            backend.allocate("large", DType.F32, Shape.of(DeviceMemory.INITIAL_FLOATS));
            assertEquals(2, device.plans());
            program.run();
            // The graphs are compiled anew with the memory, so that they are tested again.
            List<Integer> expected = List.of(CALLS, TEST_APART, TEST_TOGETHER, 5, TEST_APART, TEST_TOGETHER, 5);
            assertEquals(expected, device.graphs());
            assertArrayEquals(new float[] {3 * CALLS, 6 * CALLS, 9 * CALLS}, sum.floats());
        }
    }
}
