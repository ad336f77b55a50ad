package dev.unmask.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.sample.FillIn;
import dev.unmask.sample.FillSettings;
import dev.unmask.sample.SamplerSettings;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Many clients at a time: no answer is lost, none is another than the library's. {@code -Dunmask.load.seconds=60} for a
 * longer load; what was measured is printed.
 */
@Timeout(300)
class LoadTest {
    private static final int CLIENTS = 16;
    private static final int DIFFERENT = 48;
    private static final int SHORT_LOAD = 400;

    /** A request and what the library answers. */
    private record Asked(String body, String expected) {}

    private static List<Asked> requests(FillIn library) {
        String[] texts = {"the ____ sleeps", "a ____:3 sees the old ____", "a bird ____:12 sings", "the dog ____:20 house ."};
        List<Asked> all = new ArrayList<>();
        for (int i = 0; i < DIFFERENT; i++) {
            String text = texts[i % texts.length];
            double temperature = i % 3 == 0 ? 1 : 0;
            int steps = 2 + i % 5;
            long seed = i % 7;
            SamplerSettings sampler =
                    SamplerSettings.defaults().withTemperature(temperature).withSteps(steps).withSeed(seed);
            String expected = library.fill(text, FillSettings.defaults().withSampler(sampler)).getFirst().text();
            all.add(
                    new Asked(
                            "{'text':'%s','temperature':%s,'steps':%d,'seed':%d}".formatted(text, temperature, steps, seed),
                            expected));
        }
        return all;
    }

    @Test
    void noneIsLostAndNoneIsWrong() throws Exception {
        long seconds = Long.getLong("unmask.load.seconds", 0);
        ServerSettings settings = ServerSettings.defaults().withQueue(2 * CLIENTS, 8, CLIENTS);
        Map<Integer, Integer> statuses = new ConcurrentHashMap<>();
        List<Long> nanoseconds = new ArrayList<>();
        try (Served served = Served.masked(settings)) {
            List<Asked> requests = requests(new FillIn(served.library()));
            AtomicInteger next = new AtomicInteger();
            long begin = System.nanoTime();
            long end = begin + seconds * 1_000_000_000L;
            try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<List<Long>>> all = new ArrayList<>();
                for (int c = 0; c < CLIENTS; c++) {
                    all.add(
                            clients.submit(() -> {
                                Client client = served.client();
                                List<Long> took = new ArrayList<>();
                                while (seconds > 0 ? System.nanoTime() < end : next.get() < SHORT_LOAD) {
                                    Asked asked = requests.get(next.getAndIncrement() % DIFFERENT);
                                    long before = System.nanoTime();
                                    Client.Answer answer = client.post("/v1/fill", asked.body());
                                    took.add(System.nanoTime() - before);
                                    statuses.merge(answer.status(), 1, Integer::sum);
                                    assertEquals(
                                            asked.expected(),
                                            answer.json().get("fillings").get(0).get("text").textValue(),
                                            asked.body());
                                }
                                return took;
                            }));
                }
                for (Future<List<Long>> client : all) {
                    nanoseconds.addAll(client.get());
                }
            }
            double elapsed = (System.nanoTime() - begin) * 1e-9;
            String metrics = served.client().get("/metrics").response().body();
            assertEquals(Map.of(200, nanoseconds.size()), statuses);
            assertTrue(metrics.contains("unmask_queue_length 0"), metrics);
            assertTrue(metrics.contains("path=\"/v1/fill\",status=\"200\"} " + nanoseconds.size()), metrics);
            if (seconds > 0) {
                long[] sorted = nanoseconds.stream().mapToLong(Long::longValue).sorted().toArray();
                System.out.printf(
                        "%,d requests in %.1f s, %.0f a second; median %.1f ms, 99 %% within %.1f ms, all within %.1f ms%n",
                        sorted.length,
                        elapsed,
                        sorted.length / elapsed,
                        sorted[sorted.length / 2] * 1e-6,
                        sorted[(int) (sorted.length * 0.99)] * 1e-6,
                        sorted[sorted.length - 1] * 1e-6);
                Arrays.stream(metrics.split("\n"))
                        .filter(line -> line.startsWith("unmask_batch_sequences") || line.startsWith("unmask_engine"))
                        .forEach(System.out::println);
            }
        }
    }
}
