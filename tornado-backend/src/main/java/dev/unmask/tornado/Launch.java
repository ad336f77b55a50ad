package dev.unmask.tornado;

/**
 * One call of a device kernel.
 *
 * @param entry the kernel
 * @param groupsX groups of threads that have work, at least 1
 * @param groupsY groups in the second direction, at least 1
 * @param arguments addresses, see {@link Address}, and numbers that stand in its row after the address of the next one
 */
record Launch(Entry entry, int groupsX, int groupsY, long... arguments) implements Step {
    Launch {
        if (arguments.length >= Arguments.BANKS) {
            throw new IllegalArgumentException(
                    entry + ": found " + arguments.length + " arguments, expected fewer than " + Arguments.BANKS);
        }
    }

    /** Groups of threads in the first direction where a kernel shall see that it has a turn, see {@link Arguments}. */
    int groupsX(int turn) {
        return groupsX + (groupsX + turn + 1) % 2;
    }
}
