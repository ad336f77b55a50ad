package dev.unmask.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

class TurnsTest {
    private final Turns turns = new Turns("vector");

    private static <T> T inSecondThread(Callable<T> call) throws Exception {
        FutureTask<T> task = new FutureTask<>(call);
        Thread.ofPlatform().name("second").start(task);
        return task.get();
    }

    /** What a call in a thread of its own is refused with. */
    private static String refusal(Executable call) throws Exception {
        return inSecondThread(() -> assertThrows(IllegalStateException.class, call).getMessage());
    }

    private boolean aCall() {
        turns.begin("run", "");
        turns.end();
        return true;
    }

    @Test
    void aSecondThreadIsRefusedWhileAnotherIsInACall() throws Exception {
        String first = Thread.currentThread().getName();
        turns.begin("download of ", "x F32[2]");
        assertEquals(
                "upload to y F32[3]: backend vector was called by thread second while thread "
                        + first
                        + " was using it; let threads take turns, or open a backend for each",
                refusal(() -> turns.begin("upload to ", "y F32[3]")));
        assertTrue(refusal(turns::close).startsWith("close: backend vector was called by thread second"));
        turns.end();
    }

    @Test
    void threadsTakeTurns() throws Exception {
        aCall();
        inSecondThread(this::aCall);
        aCall();
    }

    @Test
    void aCallMayBeMadeWithinACall() throws Exception {
        turns.begin("run", "");
        turns.begin("upload to ", "x");
        turns.end();
        assertTrue(refusal(() -> turns.begin("run", "")).contains("was using it"));
        turns.end();
        inSecondThread(this::aCall);
    }

    @Test
    void afterCloseEveryCallIsRefusedAndClosingAgainIsHarmless() {
        assertTrue(turns.close());
        assertFalse(turns.close());
        assertEquals(
                "allocate x: backend vector is closed, and its tensors and programs with it; open a new one",
                assertThrows(IllegalStateException.class, () -> turns.begin("allocate ", "x")).getMessage());
        assertFalse(turns.close());
    }

    @Test
    void aBackendIsNotClosedWithinACall() {
        turns.begin("run", "");
        assertThrows(IllegalStateException.class, turns::close);
        turns.end();
        aCall();
        assertTrue(turns.close());
    }
}
