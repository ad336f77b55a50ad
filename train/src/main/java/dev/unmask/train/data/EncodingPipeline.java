package dev.unmask.train.data;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * Does something to every element of a stream by several threads and hands the results on in the order of the elements.
 * What is read ahead is bounded.
 *
 * @param <T> what is read
 * @param <R> what is made of it
 */
final class EncodingPipeline<T, R> {
    /** Characters of a batch: enough to be worth a change of threads. */
    static final long BATCH = 1 << 16;

    /** Characters that are read ahead. */
    private static final long AHEAD = 1 << 24;

    private final int threads;
    private final long batchSize;
    private final Function<T, R> work;
    private final Function<T, Integer> size;

    /** Takes the results. */
    interface Taker<R> {
        void take(R result) throws IOException;
    }

    private record Batch<R>(Future<List<R>> results, long size) {}

    EncodingPipeline(int threads, long batchSize, Function<T, R> work, Function<T, Integer> size) {
        this.threads = threads;
        this.batchSize = batchSize;
        this.work = work;
        this.size = size;
    }

    void run(Iterator<T> elements, Taker<R> taker) throws IOException {
        try (ExecutorService pool =
                Executors.newFixedThreadPool(threads, Thread.ofPlatform().daemon().name("encoding-", 0).factory())) {
            try {
                run(elements, taker, pool);
            } catch (Throwable failure) {
                pool.shutdownNow();
                throw failure;
            }
        }
    }

    private void run(Iterator<T> elements, Taker<R> taker, ExecutorService pool) throws IOException {
        ArrayDeque<Batch<R>> ahead = new ArrayDeque<>();
        long waiting = 0;
        while (elements.hasNext()) {
            List<T> batch = new ArrayList<>();
            long characters = 0;
            while (elements.hasNext() && characters < batchSize) {
                T element = elements.next();
                batch.add(element);
                characters += 1 + size.apply(element);
            }
            ahead.add(new Batch<>(pool.submit(() -> batch.stream().map(work).toList()), characters));
            waiting += characters;
            while (ahead.size() > 4 * threads || waiting > AHEAD) {
                waiting -= take(ahead.remove(), taker);
            }
        }
        while (!ahead.isEmpty()) {
            take(ahead.remove(), taker);
        }
    }

    private static <R> long take(Batch<R> batch, Taker<R> taker) throws IOException {
        try {
            for (R result : batch.results().get()) {
                taker.take(result);
            }
            return batch.size();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while encoding text");
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                default -> throw new IllegalStateException(e.getCause());
            }
        }
    }
}
