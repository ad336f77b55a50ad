package dev.unmask.tornado;

/**
 * A device kernel in a task graph.
 *
 * @param entry the kernel
 * @param turn which of the two cells names its row, see {@link Arguments}
 * @param groupsX groups of threads; 0 if each run of the graph sets them
 * @param groupsY groups in the second direction, or 0 likewise
 */
record GraphTask(Entry entry, int turn, int groupsX, int groupsY) {
    /** A task whose grid is set for each run. */
    static GraphTask ofAnyGrid(Entry entry, int turn) {
        return new GraphTask(entry, turn, 0, 0);
    }

    /** A task for calls with the grid of this one alone. */
    static GraphTask ofGrid(Launch launch, int turn) {
        return new GraphTask(launch.entry(), turn, launch.groupsX(), launch.groupsY());
    }

    /** Whether its grid never changes. */
    boolean isFixed() {
        return groupsX > 0;
    }
}
