package dev.unmask.vector.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

class WorkersTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5})
    void everyTaskRunsOnceInEveryLoop(int threads) {
        try (Workers workers = new Workers(threads)) {
            assertEquals(threads, workers.count());
            for (int loop = 0; loop < 2000; loop++) {
                int tasks = loop % 17;
                AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
                workers.forEach(tasks, (task, worker) -> runs.incrementAndGet(task));
                for (int task = 0; task < tasks; task++) {
                    assertEquals(1, runs.get(task));
                }
            }
        }
    }

    @Test
    void whatTasksWroteIsVisibleAfterTheLoop() {
        try (Workers workers = new Workers(3)) {
            long[] cells = new long[1000];
            for (int loop = 1; loop <= 500; loop++) {
                long value = loop;
                workers.forEach(cells.length, (task, worker) -> cells[task] += value);
            }
            for (long cell : cells) {
                assertEquals(500 * 501 / 2, cell);
            }
        }
    }

    @Test
    void allWorkersTakePartWhenTasksWaitForEachOther() {
        try (Workers workers = new Workers(3)) {
            CountDownLatch met = new CountDownLatch(3);
            AtomicInteger seen = new AtomicInteger();
            workers.forEach(
                    3,
                    (task, worker) -> {
                        seen.accumulateAndGet(1 << worker, (x, y) -> x | y);
                        met.countDown();
                        await(met);
                    });
            assertEquals(0b111, seen.get());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void anExceptionOfATaskReachesTheCallerAndTheWorkersLiveOn(int threads) {
        try (Workers workers = new Workers(threads)) {
            IllegalArgumentException thrown = new IllegalArgumentException("task 7");
            for (int loop = 0; loop < 100; loop++) {
                Throwable caught =
                        assertThrows(
                                IllegalArgumentException.class,
                                () ->
                                        workers.forEach(
                                                20,
                                                (task, worker) -> {
                                                    if (task == 7) {
                                                        throw thrown;
                                                    }
                                                }));
                assertSame(thrown, caught);
                AtomicInteger runs = new AtomicInteger();
                workers.forEach(20, (task, worker) -> runs.incrementAndGet());
                assertEquals(20, runs.get());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aLoopInsideALoopIsRefused(int threads) {
        try (Workers workers = new Workers(threads)) {
            IllegalStateException refused =
                    assertThrows(
                            IllegalStateException.class,
                            () -> workers.forEach(4, (task, worker) -> workers.forEach(2, (t, w) -> {})));
            assertTrue(refused.getMessage().contains("must not start another"), refused.getMessage());
        }
    }

    @Test
    void closedWorkersAndNoWorkersAreRefused() {
        Workers workers = new Workers(2);
        workers.close();
        workers.close();
        assertThrows(IllegalStateException.class, () -> workers.forEach(1, (task, worker) -> {}));
        assertThrows(InputException.class, () -> new Workers(0));
    }

    @Test
    void anInterruptOfTheCallerIsKeptForTheCaller() {
        try (Workers workers = new Workers(2)) {
            Thread.currentThread().interrupt();
            AtomicInteger runs = new AtomicInteger();
            workers.forEach(50, (task, worker) -> runs.incrementAndGet());
            assertEquals(50, runs.get());
            assertTrue(Thread.interrupted());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
