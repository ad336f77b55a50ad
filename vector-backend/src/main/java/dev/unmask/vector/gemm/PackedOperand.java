package dev.unmask.vector.gemm;

import dev.unmask.vector.lanes.Memory;

import java.lang.foreign.ValueLayout;

/**
 * One operand of a {@link BlockedProduct}: the part of it that the workers are at, and who packs what of that.
 *
 * <p>Memory likes to be read in order. Where the steps of an item follow each other, a task packs some items; where
 * items do, it packs all items of some steps, if panels can be cut there.
 */
final class PackedOperand {
    /** Panels that one task packs, at most. */
    private static final int PANELS_PER_TASK = 16;

    private final Panels panels;
    private final boolean left;
    private final GemmPacking.Items items;
    private int first;
    private int count;
    private int from;
    private int steps;
    private int tasks;
    private int itemsOfTask;
    private int stepsOfTask;
    private long packed;

    /**
     * An operand of which nothing is packed yet.
     *
     * @param panels how to pack
     * @param left whether it is A, not B
     * @param items its rows, or columns of B
     */
    PackedOperand(Panels panels, boolean left, GemmPacking.Items items) {
        this.panels = panels;
        this.left = left;
        this.items = items;
    }

    /**
     * Turns to a part of the operand.
     *
     * @param firstItem its first item
     * @param itemCount how many, at least 1
     * @param firstStep its first step of k
     * @param stepCount how many
     */
    void turnTo(int firstItem, int itemCount, int firstStep, int stepCount) {
        first = firstItem;
        count = itemCount;
        from = firstStep;
        steps = stepCount;
    }

    /** Panels of this part. */
    int panelCount() {
        return Math.ceilDiv(count, width());
    }

    /** Bytes of a panel of this part. */
    long panelBytes() {
        return left ? panels.bytesOfA(steps) : panels.bytesOfB(steps);
    }

    /**
     * Decides who packs what.
     *
     * @param address where the panels will lie
     * @param panelsOfTask how many panels a task should be worth
     */
    void share(long address, int panelsOfTask) {
        packed = address;
        int wanted = Math.ceilDiv(panelCount(), Math.clamp(panelsOfTask, 1, PANELS_PER_TASK));
        int parts = Math.max(1, Math.ceilDiv(steps, panels.stepsOfPart()));
        if (items.alongK() || parts == 1) {
            itemsOfTask = Math.ceilDiv(panelCount(), wanted) * width();
            stepsOfTask = steps;
            tasks = Math.ceilDiv(count, itemsOfTask);
        } else {
            itemsOfTask = count;
            int partsOfTask = Math.ceilDiv(parts, wanted);
            stepsOfTask = partsOfTask * panels.stepsOfPart();
            tasks = Math.ceilDiv(parts, partsOfTask);
        }
    }

    /** Tasks that pack this part. */
    int tasks() {
        return tasks;
    }

    /** Packs a share. */
    void pack(int task, long scratch) {
        boolean byItems = stepsOfTask == steps;
        int item = byItems ? task * itemsOfTask : 0;
        int begin = byItems ? 0 : task * stepsOfTask;
        int end = Math.min(steps, begin + stepsOfTask);
        int present = Math.min(itemsOfTask, count - item);
        long target = packed + item / width() * panelBytes();
        if (left) {
            panels.packA(items, first + item, present, from, steps, begin, end, target, scratch);
        } else {
            panels.packB(items, first + item, present, from, steps, begin, end, target, scratch);
        }
    }

    /**
     * Brings a share of panels that were packed before into the cache: multiplying reads several of them at a time, as
     * hardware does not look ahead. One byte of each line is read; what they add up to is stored, so that nobody finds
     * the reading useless.
     */
    void fetch(int task, long scratch) {
        long lines = panelCount() * panelBytes() / Memory.ALIGNMENT;
        long end = (task + 1) * lines / tasks;
        int sum = 0;
        for (long line = task * lines / tasks; line < end; line++) {
            sum += Memory.ALL.get(ValueLayout.JAVA_BYTE, packed + line * Memory.ALIGNMENT);
        }
        Memory.i32(scratch, sum);
    }

    /** Where a panel lies. */
    long panel(int number) {
        return packed + number * panelBytes();
    }

    private int width() {
        return left ? panels.rows() : panels.columns();
    }
}
