package dev.unmask.vector;

import static dev.unmask.vector.lanes.Species.FLOATS;

import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Species;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import jdk.incubator.vector.FloatVector;

/**
 * How fast the workers multiply and add when nothing has to be loaded or stored: sixteen independent chains of fused
 * multiply-adds, twice what two units of four cycles' latency can have under way.
 */
final class PeakRate {
    private static final int CHAINS = 16;
    private static final int ROUNDS = 4096;
    private static final int TASKS_OF_A_WORKER = 32;

    /** Long enough for a machine to give it its cores for a moment. */
    private static final long NANOS = 400_000_000;

    /** Loops at least: the first ones, before C2 has compiled them, may take all the time by themselves. */
    private static final int LOOPS = 30;

    private PeakRate() {}

    /**
     * Measures for about a second.
     *
     * @param workers all take part
     * @param workspace a vector of each worker is written to it
     * @return floating-point operations a second of the fastest loop
     */
    static double measure(Workers workers, Workspace workspace) {
        workspace.reserveEach(Species.BYTES);
        int tasks = workers.count() * TASKS_OF_A_WORKER;
        double operations = 2.0 * tasks * CHAINS * ROUNDS * Species.LANES;
        Workers.Task task = (number, worker) -> multiplyAndAdd(1 - 0x1p-20f, number, workspace.of(worker));
        double best = 0;
        long start = System.nanoTime();
        long now = start;
        for (int loop = 0; loop < LOOPS || now - start < NANOS; loop++) {
            long before = now;
            workers.forEach(tasks, task);
            now = System.nanoTime();
            best = Math.max(best, operations / (now - before) * 1e9);
        }
        return best;
    }

    private static void multiplyAndAdd(float factor, float summand, long room) {
        FloatVector f = FloatVector.broadcast(FLOATS, factor);
        FloatVector s = FloatVector.broadcast(FLOATS, summand);
        FloatVector a0 = s;
        FloatVector a1 = s;
        FloatVector a2 = s;
        FloatVector a3 = s;
        FloatVector a4 = s;
        FloatVector a5 = s;
        FloatVector a6 = s;
        FloatVector a7 = s;
        FloatVector a8 = s;
        FloatVector a9 = s;
        FloatVector a10 = s;
        FloatVector a11 = s;
        FloatVector a12 = s;
        FloatVector a13 = s;
        FloatVector a14 = s;
        FloatVector a15 = s;
        for (int i = 0; i < ROUNDS; i++) {
            a0 = a0.fma(f, s);
            a1 = a1.fma(f, s);
            a2 = a2.fma(f, s);
            a3 = a3.fma(f, s);
            a4 = a4.fma(f, s);
            a5 = a5.fma(f, s);
            a6 = a6.fma(f, s);
            a7 = a7.fma(f, s);
            a8 = a8.fma(f, s);
            a9 = a9.fma(f, s);
            a10 = a10.fma(f, s);
            a11 = a11.fma(f, s);
            a12 = a12.fma(f, s);
            a13 = a13.fma(f, s);
            a14 = a14.fma(f, s);
            a15 = a15.fma(f, s);
        }
        a0.add(a1)
                .add(a2)
                .add(a3)
                .add(a4)
                .add(a5)
                .add(a6)
                .add(a7)
                .add(a8)
                .add(a9)
                .add(a10)
                .add(a11)
                .add(a12)
                .add(a13)
                .add(a14)
                .add(a15)
                .intoMemorySegment(Memory.ALL, room, Species.ORDER);
    }
}
