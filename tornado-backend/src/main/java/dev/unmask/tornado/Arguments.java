package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.util.List;

/**
 * How a device kernel finds its arguments. Everything that differs between two calls of a kernel is data, so that each
 * kernel is compiled once, whatever the shapes.
 *
 * <p>A call is a row of integers on the device: the address of the row of the next call, then addresses and sizes, then
 * for each address which array of floats it is in. Two cells at the start of the words take turns in naming the row of
 * the current call: a kernel reads the one of its turn and writes the other, so no call needs anything from the host
 * and no two threads race.
 */
final class Arguments {
    /** Integers of a row: the address of the next one, arguments, and for each argument an array of floats. */
    static final int ROW = 48;

    /** From an argument that is a place in an array of floats to the number of that array. */
    static final int BANKS = 24;

    /** Words before this one hold the cells of the two turns. */
    static final int FIRST_WORD = 16;

    /** Stands for an operand that is not there. */
    static final int NONE = -1;

    private Arguments() {}

    /** The rows of some calls, each of which names the next, and the last the first. */
    static int[] table(List<Launch> launches, int address) {
        int[] rows = new int[launches.size() * ROW];
        for (int i = 0; i < launches.size(); i++) {
            long[] arguments = launches.get(i).arguments();
            rows[i * ROW] = address + (i + 1) % launches.size() * ROW;
            for (int j = 0; j < arguments.length; j++) {
                rows[i * ROW + 1 + j] = Address.place(arguments[j]);
                rows[i * ROW + 1 + BANKS + j] = Address.bank(arguments[j]);
            }
        }
        return rows;
    }

    /** Tells the next kernel where its row is; called by every thread with its place in the grid. */
    static void advance(IntArray words, int turn, int row, int x, int y) {
        if (x == 0 && y == 0) {
            words.set(1 - turn, words.get(row));
        }
    }

    /** How many of the first rows are live; {@code count} is the address of the number of entries, or none. */
    static int live(IntArray words, int count, int first, int rows) {
        int live = rows;
        if (count >= 0) {
            live = Math.min(rows, Math.max(0, words.get(count) - first));
        }
        return live;
    }
}
