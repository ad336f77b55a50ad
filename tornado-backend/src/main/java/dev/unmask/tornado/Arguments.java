package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.KernelContext;
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
 *
 * <p>Its turn a kernel tells from the number of groups in the first direction: odd for turn 0, even for turn 1. A grid
 * is set for each run, while a number that TornadoVM is given for a task is compiled into the kernel, which would then
 * be compiled for each turn. So a grid may have one group more than there is work, see {@link Launch#groupsX(int)}.
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

    /** The row of the current call. Every thread asks for it once; the first of all tells the next kernel its own. */
    static int row(KernelContext k, IntArray words) {
        int turn = turn(k);
        int row = words.get(turn);
        if (k.globalIdx == 0 && k.globalIdy == 0) {
            words.set(1 - turn, words.get(row));
        }
        return row;
    }

    /** 0 where there is an odd number of groups, else 1. The threads of a group are a power of two. */
    static int turn(KernelContext k) {
        return 1 - Math.min(1, k.globalGroupSizeX & k.localGroupSizeX);
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
