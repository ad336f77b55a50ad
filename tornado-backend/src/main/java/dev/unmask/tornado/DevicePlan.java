package dev.unmask.tornado;

import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

import java.util.List;

/** Arrays of floats and one of words on a {@link Device}, and the kernels that work on them. */
interface DevicePlan extends AutoCloseable {
    /** How long the arrays are. */
    Lengths lengths();

    /**
     * An array on the host that carries at least {@code n} floats to and from the device; at most {@link
     * Transfers#LARGE}.
     */
    FloatArray floats(int n);

    /**
     * An array on the host that carries at least {@code n} words to and from the device; at most {@link
     * Transfers#LARGE}.
     */
    IntArray words(int n);

    /** Copies the first {@code n} of {@link #floats} to an address and waits. */
    void put(long address, int n);

    /** Copies the first {@code n} of {@link #words(int)} to an address and waits. */
    void putWords(int address, int n);

    /** Copies {@code n} elements from an address to the first of {@link #floats} and waits. */
    void get(long address, int n);

    /** Copies {@code n} words from an address to the first of {@link #words(int)} and waits. */
    void getWords(int address, int n);

    /**
     * Runs pieces; the rows of their calls lie one after the other from an address, the first with turn 0. What is
     * captured may still be under way on return; all that is asked of the device later comes after it.
     */
    void run(List<? extends Piece> pieces, int table);

    /** What is known of its task graphs of many kernels. */
    GraphVerdicts verdicts();

    /**
     * A plan with longer arrays that begin with what is in these, or with more of them. This plan is closed first, as
     * both may not fit.
     *
     * @throws LongerPlanRefused if there is no room; it has a plan that holds what this one held
     */
    DevicePlan resized(Lengths lengths);

    @Override
    void close();
}
