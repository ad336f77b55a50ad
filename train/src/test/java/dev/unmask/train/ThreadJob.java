package dev.unmask.train;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Threads in the place of processes. */
final class ThreadJob {
    private final CyclicBarrier barrier;
    private final List<List<MemorySegment>> given;

    private ThreadJob(int ranks) {
        this.barrier = new CyclicBarrier(ranks);
        this.given = Collections.synchronizedList(new ArrayList<>(Collections.nCopies(ranks, List.of())));
    }

    /** What one of the processes does. */
    interface Work<T> {
        T of(Collective collective) throws Exception;
    }

    /** Lets so many do the same; returns what each is left with. */
    static <T> List<T> run(int ranks, Work<T> work) throws Exception {
        ThreadJob job = new ThreadJob(ranks);
        try (ExecutorService pool = Executors.newFixedThreadPool(ranks)) {
            List<Future<T>> running = new ArrayList<>();
            for (int rank = 0; rank < ranks; rank++) {
                Collective collective = job.of(rank);
                running.add(pool.submit(() -> work.of(collective)));
            }
            List<T> outcomes = new ArrayList<>();
            for (Future<T> each : running) {
                outcomes.add(each.get());
            }
            return outcomes;
        }
    }

    private void meet() {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
    }

    private Collective of(int rank) {
        return new Collective() {
            @Override
            public int rank() {
                return rank;
            }

            @Override
            public int ranks() {
                return given.size();
            }

            @Override
            public void exchange(List<MemorySegment> send, List<MemorySegment> receive) {
                given.set(rank, send);
                meet();
                for (int other = 0; other < given.size(); other++) {
                    if (other != rank) {
                        MemorySegment sent = given.get(other).get(rank);
                        if (sent.byteSize() != receive.get(other).byteSize()) {
                            throw new IllegalStateException("found " + sent + ", expected " + receive.get(other));
                        }
                        receive.get(other).copyFrom(sent);
                    }
                }
                meet();
            }

            @Override
            public void gather(MemorySegment own, MemorySegment all) {
                given.set(rank, List.of(own));
                meet();
                for (int other = 0; other < given.size(); other++) {
                    MemorySegment sent = given.get(other).getFirst();
                    MemorySegment.copy(sent, 0, all, other * own.byteSize(), own.byteSize());
                }
                meet();
            }

            @Override
            public void abort(int code) {
                barrier.reset();
            }

            @Override
            public void close() {}
        };
    }
}
