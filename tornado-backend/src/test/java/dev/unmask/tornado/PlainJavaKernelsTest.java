package dev.unmask.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.util.EnumSet;
import java.util.List;

/** The device kernels as plain Java: what they compute, apart from what a driver makes of them. */
class PlainJavaKernelsTest {
    @Test
    void everyDeviceKernelComputesWhatItsPlainStatementSays() {
        PlainDevice device = new PlainDevice().with(new StandInLibrary());
        TornadoBackend backend = new TornadoBackend(device);
        assertEquals(List.of(), device.acceleration().suspendedDuring(() -> SelfTest.wrongKernels(backend)));
        SelfTest.test(device.acceleration(), backend);
        assertEquals(List.of(), device.acceleration().reasons());
        assertEquals(EnumSet.allOf(Entry.class), device.run());
    }

    @Test
    void theMemoryIsCleared() {
        FloatArray memory = FloatArray.fromElements(1, 2, 3);
        IntArray words = IntArray.fromElements(4, 5, 6, 7);
        WorkGroup group = new WorkGroup(TransferKernels.GROUP, 1);
        group.run(0, 0, item -> TransferKernels.clear(item, memory));
        group.run(0, 0, item -> TransferKernels.clear(item, words));
        assertArrayEquals(new float[3], memory.toHeapArray());
        assertArrayEquals(new int[4], words.toHeapArray());
    }

    @Test
    void elementsAreCarriedToAnAddressAndBackAndNoOthers() {
        FloatArray memory = FloatArray.fromElements(1, 2, 3, 4, 5);
        IntArray words = IntArray.fromElements(1, 2, 3, 4, 5);
        FloatArray floats = new FloatArray(TransferKernels.GROUP);
        IntArray integers = new IntArray(TransferKernels.GROUP);
        floats.init(9);
        integers.init(9);
        IntArray request = IntArray.fromElements(1, 2, 0);
        IntArray done = new IntArray(1);
        WorkGroup group = new WorkGroup(TransferKernels.GROUP, 1);
        group.run(0, 0, item -> TransferKernels.put(item, new Banks(memory), request, floats, done));
        assertArrayEquals(new float[] {1, 9, 9, 4, 5}, memory.toHeapArray());
        assertEquals(2, done.get(0));
        done.set(0, 0);
        group.run(0, 0, item -> TransferKernels.putWords(item, words, request, integers, done));
        assertArrayEquals(new int[] {1, 9, 9, 4, 5}, words.toHeapArray());
        assertEquals(2, done.get(0));
        request.set(0, 2);
        group.run(0, 0, item -> TransferKernels.get(item, new Banks(memory), request, floats));
        group.run(0, 0, item -> TransferKernels.getWords(item, words, request, integers));
        assertEquals(List.of(9f, 4f), List.of(floats.get(0), floats.get(1)));
        assertEquals(List.of(9, 4), List.of(integers.get(0), integers.get(1)));
    }

    @Test
    void aWorkItemThatFailsEndsItsGroup() {
        IllegalStateException failed =
                assertThrows(
                        IllegalStateException.class,
                        () ->
                                new WorkGroup(4, 1)
                                        .run(
                                                0,
                                                0,
                                                item -> {
                                                    if (item.localIdx == 2) {
                                                        throw new IllegalArgumentException("two");
                                                    }
                                                    item.localBarrier();
                                                }));
        assertTrue(failed.getMessage().startsWith("a work item failed: "), failed.getMessage());
    }

    @Test
    void localMemoryIsSharedWithinAGroupAndNotANumberAtFirst() {
        float[] seen = new float[8];
        new WorkGroup(8, 1)
                .run(
                        0,
                        0,
                        item -> {
                            float[] local = item.allocateFloatLocalArray(8);
                            boolean undefined = Float.isNaN(local[item.localIdx]);
                            item.localBarrier();
                            local[item.localIdx] = undefined ? item.localIdx : -1;
                            item.localBarrier();
                            seen[item.localIdx] = local[7 - item.localIdx];
                        });
        assertArrayEquals(new float[] {7, 6, 5, 4, 3, 2, 1, 0}, seen);
    }
}
