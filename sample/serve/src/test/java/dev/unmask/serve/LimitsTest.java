package dev.unmask.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** How much may be asked for at a time, and what becomes of what nobody waits for. */
@Timeout(120)
class LimitsTest {
    /** Takes passes until somebody gives up: tokens are masked again and again. */
    private static final String ENDLESS = "{'text':'____:90','remasking':'remdm_cap','steps':%d,'stream':%s}";

    private static Duration seconds(int value) {
        return Duration.ofSeconds(value);
    }

    private static String metric(Served served, String name) throws Exception {
        try (Stream<String> lines = served.client().get("/metrics").response().body().lines()) {
            return lines.filter(line -> line.startsWith(name)).findFirst().orElse(name + " 0");
        }
    }

    /** Waits until a metric says something; what is waited for comes for certain. */
    private static void await(Served served, String line) throws Exception {
        String name = line.substring(0, line.lastIndexOf(' '));
        while (!metric(served, name).equals(line)) {
            Thread.onSpinWait();
        }
    }

    private static long working(Served served) throws Exception {
        String line = metric(served, "unmask_requests_in_progress");
        return Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
    }

    @Test
    void sizesAreLimited() throws Exception {
        try (Served served = Served.masked(ServerSettings.defaults().withSizes(200, 20))) {
            Client client = served.client();
            assertEquals(413, client.post("/v1/fill", "{'text':'____" + "x".repeat(300) + "'}").status());
            assertEquals(413, client.post("/v1/fill", "{'text':'____:21'}").status());
            assertEquals(200, client.post("/v1/fill", "{'text':'____:20'}").status());
            assertEquals(413, client.post("/v1/completions", "{'prompt':'the','max_tokens':11,'n':2}").status());
            assertEquals(413, client.post("/v1/completions", "{'prompt':'the','max_tokens':1,'n':9}").status());
            assertEquals(413, client.post("/v1/score", "{'text':'" + "cat ".repeat(21) + "'}").status());
        }
    }

    @Test
    void aFullQueueSaysWhenToComeAgain() throws Exception {
        ServerSettings settings =
                ServerSettings.defaults().withQueue(1, 1, 8).withSizes(1 << 16, 100_000).withTimes(seconds(60), seconds(600), seconds(0));
        Served served = Served.masked(settings);
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            String endless = ENDLESS.formatted(150_000, "false");
            Future<Client.Answer> first = clients.submit(() -> served.client().post("/v1/fill", endless));
            await(served, "unmask_queue_wait_seconds_count 1");
            Future<Client.Answer> second = clients.submit(() -> served.client().post("/v1/fill", endless));
            await(served, "unmask_queue_length 1");
            Client.Answer third = served.client().post("/v1/fill", "{'text':'____'}");
            assertEquals(503, third.status());
            assertEquals("queue_full", third.json().get("error").get("code").textValue());
            assertTrue(Integer.parseInt(third.header("Retry-After")) >= 1);
            // Closing gives what waits and what is computed back, and says so.
            served.close();
            assertEquals(503, first.get().status());
            assertEquals(503, second.get().status());
            assertEquals("shutting_down", first.get().json().get("error").get("code").textValue());
        }
    }

    @Test
    void aClientHasSoManyRequestsAtATime() throws Exception {
        ServerSettings settings =
                ServerSettings.defaults().withQueue(8, 1, 1).withSizes(1 << 16, 100_000).withTimes(seconds(60), seconds(600), seconds(0));
        Served served = Served.masked(settings);
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Client.Answer> first =
                    clients.submit(() -> served.client().post("/v1/fill", ENDLESS.formatted(150_000, "false")));
            await(served, "unmask_requests_in_progress 1");
            Client.Answer second = served.client().post("/v1/fill", "{'text':'____'}");
            assertEquals(429, second.status());
            assertEquals("1", second.header("Retry-After"));
            served.close();
            assertEquals(503, first.get().status());
        }
    }

    @Test
    void timeIsLimited() throws Exception {
        ServerSettings settings =
                ServerSettings.defaults().withSizes(1 << 16, 100_000).withTimes(seconds(60), Duration.ofMillis(300), seconds(0));
        try (Served served = Served.masked(settings)) {
            Client.Answer late = served.client().post("/v1/fill", ENDLESS.formatted(150_000, "false"));
            assertEquals(504, late.status());
            assertEquals("time_limit", late.json().get("error").get("code").textValue());
            List<Client.Event> events =
                    served.client().post("/v1/fill", ENDLESS.formatted(150_000, "true")).events();
            assertEquals("error", events.getLast().name());
            // The engine is free again.
            assertEquals(200, served.client().post("/v1/fill", "{'text':'the ____'}").status());
        }
    }

    @Test
    void whoeverLeavesIsNotComputedFor() throws Exception {
        ServerSettings settings =
                ServerSettings.defaults().withSizes(1 << 16, 100_000).withTimes(seconds(60), seconds(600), seconds(0));
        try (Served served = Served.masked(settings)) {
            for (String stream : List.of("false", "true")) {
                try (Socket socket = new Socket("127.0.0.1", served.server().address().getPort())) {
                    String body = ENDLESS.formatted(150_000, stream).replace('\'', '"');
                    socket.getOutputStream()
                            .write(
                                    ("POST /v1/fill HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                                    + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                                            .getBytes(StandardCharsets.UTF_8));
                    await(served, "unmask_requests_in_progress 1");
                }
                await(served, "unmask_requests_in_progress 0");
                assertEquals(200, served.client().post("/v1/fill", "{'text':'the ____'}").status());
            }
        }
    }

    @Test
    void aBodyThatIsNoneIsTheClientsFault() throws Exception {
        try (Served served = Served.masked(ServerSettings.defaults());
                Socket socket = new Socket("127.0.0.1", served.server().address().getPort())) {
            socket.getOutputStream()
                    .write(
                            ("POST /v1/fill HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                            + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nno size\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("HTTP/1.1 400"), answer);
            assertTrue(answer.contains("body: its end has not come"), answer);
            await(served, "unmask_requests_in_progress 0");
        }
    }

    @Test
    void whatHasBegunIsFinishedBeforeItEnds() throws Exception {
        Served served =
                Served.masked(
                        ServerSettings.defaults()
                                .withQueue(64, 4, 64)
                                .withTimes(seconds(100), seconds(100), seconds(100)));
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Client.Answer>> answers = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                answers.add(clients.submit(() -> served.client().post("/v1/fill", "{'text':'the ____:20'}")));
            }
            // On a busy machine the first are answered before the last ones come.
            long answered;
            do {
                answered = answers.stream().filter(Future::isDone).count();
            } while (answered + working(served) < 12);
            served.close();
            for (Future<Client.Answer> answer : answers) {
                assertEquals(200, answer.get().status());
                assertFalse(answer.get().json().get("fillings").isEmpty());
            }
        }
    }
}
