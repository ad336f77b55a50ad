package dev.unmask.vector.work;

/** How the work of a kernel is cut into tasks, whatever the number of workers. */
public final class Tasks {
    /** Elements of a task: three operands of this length fit a second-level cache. */
    public static final int BLOCK = 1 << 14;

    private Tasks() {}

    /** How many blocks a number of elements makes. */
    public static int blocks(long elements) {
        return Math.toIntExact((elements + BLOCK - 1) / BLOCK);
    }

    /** How many elements a block has: {@link #BLOCK}, or what is left. */
    public static int length(int block, long elements) {
        return (int) Math.min(BLOCK, elements - (long) block * BLOCK);
    }

    /** How many rows of a width make a task worth handing out. */
    public static int rows(int columns) {
        return Math.max(1, BLOCK / Math.max(columns, 1));
    }

    /** How many tasks a number of rows makes. */
    public static int of(int rows, int perTask) {
        return (int) (((long) rows + perTask - 1) / perTask);
    }
}
