package dev.unmask.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.unmask.tensor.DType;
import dev.unmask.tensor.Shape;
import dev.unmask.tensor.ShapeException;
import dev.unmask.tensor.Tensor;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.TestFactory;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.Stream;

/** Elements come back from a backend all together, or some that follow each other. */
class DownloadTest {
    /** More than one transfer of a device carries. */
    private static final int ELEMENTS = (1 << 20) + 70;

    @TestFactory
    Stream<DynamicNode> someElementsComeBackAsTheyWere() {
        return BackendsUnderTest.each(backend ->
                Stream.of(
                        dynamicTest("F32", () -> floats(backend)),
                        dynamicTest("I32", () -> ints(backend)),
                        dynamicTest("BF16", () -> halves(backend)),
                        dynamicTest("beyond the end", () -> refused(backend))));
    }

    private static void floats(Backend backend) {
        float[] values = new float[ELEMENTS];
        for (int i = 0; i < ELEMENTS; i++) {
            values[i] = i;
        }
        Tensor tensor = backend.allocate("x", DType.F32, Shape.of(ELEMENTS));
        tensor.set(values);
        for (int first : new int[] {0, 3, 65_537}) {
            float[] found = new float[ELEMENTS - first - 5];
            tensor.download(first, MemorySegment.ofArray(found));
            assertArrayEquals(Arrays.copyOfRange(values, first, ELEMENTS - 5), found);
        }
    }

    private static void ints(Backend backend) {
        Tensor tensor = backend.allocate("x", DType.I32, Shape.of(2, 3));
        tensor.set(1, 2, 3, 4, 5, 6);
        int[] found = new int[3];
        tensor.download(2, MemorySegment.ofArray(found));
        assertArrayEquals(new int[] {3, 4, 5}, found);
    }

    private static void halves(Backend backend) {
        Tensor before = backend.allocate("x", DType.BF16, Shape.of(5));
        Tensor tensor = backend.allocate("y", DType.BF16, Shape.of(5));
        short[] halves = {0x3F80, 0x4000, (short) 0xC040, 0x7F80, (short) 0x8001};
        tensor.upload(MemorySegment.ofArray(halves));
        for (int first = 0; first < halves.length; first++) {
            for (int end = first; end <= halves.length; end++) {
                short[] found = new short[end - first];
                tensor.download(first, MemorySegment.ofArray(found));
                assertArrayEquals(Arrays.copyOfRange(halves, first, end), found);
            }
        }
        short[] zeros = new short[5];
        before.download(MemorySegment.ofArray(zeros));
        assertArrayEquals(new short[5], zeros);
    }

    private static void refused(Backend backend) {
        Tensor tensor = backend.allocate("x", DType.F32, Shape.of(4));
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.download(3, MemorySegment.ofArray(new float[2])));
        assertThrows(IndexOutOfBoundsException.class, () -> tensor.download(-1, MemorySegment.ofArray(new float[2])));
        assertThrows(ShapeException.class, () -> tensor.download(0, MemorySegment.ofArray(new byte[7])));
        assertThrows(ShapeException.class, () -> tensor.download(MemorySegment.ofArray(new float[3])));
    }
}
