package dev.unmask.tornado;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * A group of work items on the host: a thread for each, their barrier, and their local memory, which holds nothing of
 * use before an item has written it.
 */
final class WorkGroup {
    private static final int SECONDS_AT_BARRIER = 20;

    private final int itemsX;
    private final int itemsY;
    private final int groupsX;
    private final CyclicBarrier barrier;
    private final List<Object> local = new ArrayList<>();
    private volatile Throwable failure;

    /** A group of a grid that has no second one beside it. */
    WorkGroup(int itemsX, int itemsY) {
        this(itemsX, itemsY, 1);
    }

    /** A group of a grid of so many groups in the first direction. */
    WorkGroup(int itemsX, int itemsY, int groupsX) {
        this.groupsX = groupsX;
        this.itemsX = itemsX;
        this.itemsY = itemsY;
        this.barrier = new CyclicBarrier(itemsX * itemsY);
    }

    /** Runs all items of the group that has this place in its grid. */
    void run(int groupX, int groupY, Consumer<WorkItem> kernel) {
        List<Thread> threads = new ArrayList<>();
        for (int y = 0; y < itemsY; y++) {
            for (int x = 0; x < itemsX; x++) {
                WorkItem item =
                        new WorkItem(
                                this,
                                new int[] {x, y},
                                new int[] {groupX, groupY},
                                new int[] {itemsX, itemsY},
                                groupsX);
                threads.add(Thread.ofVirtual().start(() -> run(item, kernel)));
            }
        }
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        if (failure != null) {
            throw new IllegalStateException("a work item failed: " + failure.getMessage(), failure);
        }
    }

    private void run(WorkItem item, Consumer<WorkItem> kernel) {
        try {
            kernel.accept(item);
        } catch (RuntimeException | Error e) {
            fail(e);
        } finally {
            if (failure != null) {
                barrier.reset();
            }
        }
    }

    private synchronized void fail(Throwable e) {
        if (failure == null) {
            failure = e;
        }
    }

    /** Waits for all other items. */
    void await() {
        if (failure != null) {
            throw new IllegalStateException("another work item failed");
        }
        try {
            barrier.await(SECONDS_AT_BARRIER, TimeUnit.SECONDS);
        } catch (BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException("not every work item came to the barrier", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The local array that all items of this group get at their allocation of this number. */
    synchronized float[] floats(int number, int length) {
        if (number == local.size()) {
            float[] array = new float[length];
            Arrays.fill(array, Float.NaN);
            local.add(array);
        }
        return (float[]) local.get(number);
    }

    /** As {@link #floats}. */
    synchronized double[] doubles(int number, int length) {
        if (number == local.size()) {
            double[] array = new double[length];
            Arrays.fill(array, Double.NaN);
            local.add(array);
        }
        return (double[]) local.get(number);
    }

    /** As {@link #floats}. */
    synchronized int[] ints(int number, int length) {
        if (number == local.size()) {
            int[] array = new int[length];
            Arrays.fill(array, Integer.MIN_VALUE);
            local.add(array);
        }
        return (int[]) local.get(number);
    }
}
