package dev.unmask.vector.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.vector.lanes.Memory;

import org.junit.jupiter.api.Test;

class WorkspaceTest {
    private final Workspace workspace = new Workspace(2, Storage.OFF_HEAP);

    @Test
    void partsAreAlignedApartAndAsLargeAsTheLargestThatWasReserved() {
        workspace.reserveShared(100);
        workspace.reserveEach(5000);
        workspace.reserveEach(100);
        long first = workspace.of(0);
        long second = workspace.of(1);
        assertEquals(0, first % Memory.ALIGNMENT);
        assertEquals(0, second % Memory.ALIGNMENT);
        assertTrue(second - first >= 5000);
        assertTrue(workspace.bytes() >= 100 + 2 * 5000);
        Memory.f32(workspace.shared(100) + 96, 1);
        Memory.f32(second + 4996, 1);
    }

    @Test
    void aKernelThatNeedsMoreThanItReservedIsStopped() {
        workspace.reserveShared(100);
        IllegalStateException stopped = assertThrows(IllegalStateException.class, () -> workspace.shared(101));
        assertTrue(stopped.getMessage().contains("needs 101 bytes"), stopped.getMessage());
    }
}
