package dev.unmask.vector;

import static dev.unmask.vector.lanes.Species.FLOATS;

import dev.unmask.vector.lanes.Memory;
import dev.unmask.vector.lanes.Species;
import dev.unmask.vector.work.Workers;
import dev.unmask.vector.work.Workspace;

import jdk.incubator.vector.FloatVector;

/**
 * How fast the workers multiply and add when nothing has to be loaded or stored: twelve independent chains of fused
 * multiply-adds, more than two units of five cycles' latency can have under way, and as few as leave registers for the
 * factors where there are sixteen.
 */
final class PeakRate {
    private static final int CHAINS = 12;
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

    private static void multiplyAndAdd(float left, float right, long room) {
        FloatVector f = FloatVector.broadcast(FLOATS, left);
        FloatVector g = FloatVector.broadcast(FLOATS, right);
        FloatVector a0 = g;
        FloatVector a1 = g;
        FloatVector a2 = g;
        FloatVector a3 = g;
        FloatVector a4 = g;
        FloatVector a5 = g;
        FloatVector a6 = g;
        FloatVector a7 = g;
        FloatVector a8 = g;
        FloatVector a9 = g;
        FloatVector a10 = g;
        FloatVector a11 = g;
        // The sums are what C2 writes over: of a.fma(f, g) it would copy g first.
        for (int i = 0; i < ROUNDS; i++) {
            a0 = f.fma(g, a0);
            a1 = f.fma(g, a1);
            a2 = f.fma(g, a2);
            a3 = f.fma(g, a3);
            a4 = f.fma(g, a4);
            a5 = f.fma(g, a5);
            a6 = f.fma(g, a6);
            a7 = f.fma(g, a7);
            a8 = f.fma(g, a8);
            a9 = f.fma(g, a9);
            a10 = f.fma(g, a10);
            a11 = f.fma(g, a11);
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
                .intoMemorySegment(Memory.ALL, room, Species.ORDER);
    }
}
