package dev.unmask.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/** Methods, media types, charsets and codings of requests. */
@Timeout(60)
class RequestFormsTest {
    private static final String BODY = "{\"text\":\"the ____\"}";
    private static Served served;
    private static Client client;

    @BeforeAll
    static void start() throws Exception {
        served = Served.masked(ServerSettings.defaults());
        client = new Client(served.server().address());
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static Client.Answer ask(String method, String path) throws Exception {
        return client.send(client.request(path).method(method, HttpRequest.BodyPublishers.noBody()).build());
    }

    private static Client.Answer fill(byte[] body, String... headers) throws Exception {
        return client.send(
                client.request("/v1/fill", headers).POST(HttpRequest.BodyPublishers.ofByteArray(body)).build());
    }

    private static Client.Answer fillPacked(byte[] body, String coding) throws Exception {
        return fill(body, "Content-Type", "application/json", "Content-Encoding", coding);
    }

    private static byte[] packed(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private static String message(Client.Answer answer) throws IOException {
        assertEquals("application/json", answer.header("Content-Type"));
        return answer.json().get("error").get("message").textValue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "GET;/v1/fill;OPTIONS, POST",
        "HEAD;/v1/fill;OPTIONS, POST",
        "PUT;/v1/completions;OPTIONS, POST",
        "DELETE;/;GET, HEAD, OPTIONS",
        "POST;/v1/models;GET, HEAD, OPTIONS",
        "TRACE;/healthz;GET, HEAD, OPTIONS",
    })
    void aMethodThatAPathLacksIsAnsweredByThoseThatItHas(String method, String path, String allowed) throws Exception {
        Client.Answer answer = ask(method, path);
        assertEquals(405, answer.status());
        assertEquals(allowed, answer.header("Allow"));
        if (!method.equals("HEAD")) {
            assertTrue(message(answer).startsWith("found " + method + " " + path + ", expected "), message(answer));
        }
    }

    @Test
    void whatAPathAllowsIsToldToWhoeverAsksForIt() throws Exception {
        Client.Answer answer = ask("OPTIONS", "/v1/fill");
        assertEquals(204, answer.status());
        assertEquals("OPTIONS, POST", answer.header("Allow"));
        assertEquals("", answer.header("Content-Length"));
        assertEquals("", answer.header("Content-Type"));
        assertEquals(404, ask("OPTIONS", "/v1/nothing").status());
        String any = GateTest.send(served, "OPTIONS", "*", "Host: localhost");
        assertTrue(any.startsWith("HTTP/1.1 204 "), any);
        assertTrue(any.contains("Allow: GET, HEAD, OPTIONS, POST"), any);
    }

    @Test
    void whatIsAskedForByHeadHasTheHeadersOfGet() throws Exception {
        Client.Answer head = ask("HEAD", "/v1/models");
        assertEquals(200, head.status());
        assertEquals("", head.response().body());
        assertEquals(client.get("/v1/models").header("Content-Length"), head.header("Content-Length"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "GZIP", "x-gzip", "identity, gzip"})
    void bodiesPackedByGzipAreRead(String coding) throws Exception {
        Client.Answer answer = fillPacked(packed(BODY), coding);
        assertEquals(200, answer.status(), answer.response().body());
    }

    @ParameterizedTest
    @ValueSource(strings = {"br", "deflate", "zstd", "gzip, gzip", "gzip, br"})
    void otherCodingsAreRefusedByName(String coding) throws Exception {
        Client.Answer answer = fillPacked(BODY.getBytes(StandardCharsets.UTF_8), coding);
        assertEquals(415, answer.status());
        assertEquals("gzip", answer.header("Accept-Encoding"));
        assertEquals("Content-Encoding: found " + coding + ", expected none or gzip", message(answer));
    }

    @Test
    void whatIsNoGzipOrDamagedIsRefused() throws Exception {
        byte[] whole = packed(BODY);
        byte[] damaged = whole.clone();
        damaged[whole.length - 5] ^= 1;
        for (byte[] body :
                new byte[][] {
                    BODY.getBytes(StandardCharsets.UTF_8), Arrays.copyOf(whole, whole.length / 2), damaged, new byte[0]
                }) {
            Client.Answer answer = fillPacked(body, "gzip");
            assertEquals(400, answer.status());
            assertTrue(message(answer).startsWith("body: Content-Encoding says gzip, and it is none, or damaged"));
        }
    }

    @Test
    void whatBecomesLargeWhenItIsUnpackedIsRefused() throws Exception {
        Client.Answer answer = fillPacked(packed("{\"text\":\"" + " ".repeat(100 << 20) + "\"}"), "gzip");
        assertEquals(413, answer.status());
        assertTrue(message(answer).contains(" bytes unpacked, expected at most that"), message(answer));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\"", "application/json; v=1"
    })
    void jsonInUtf8IsRead(String type) throws Exception {
        assertEquals(200, fill(BODY.getBytes(StandardCharsets.UTF_8), "Content-Type", type).status());
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "text/plain", "application/jsonx", "application/json; charset=iso-8859-1", "application/json; charset=utf-16",
        "application/json; charset", "application/x-www-form-urlencoded"
    })
    void otherTypesAndCharsetsAreRefusedByName(String type) throws Exception {
        Client.Answer answer = fill(BODY.getBytes(StandardCharsets.UTF_8), "Content-Type", type);
        assertEquals(415, answer.status());
        assertTrue(message(answer).startsWith("Content-Type: found " + type + ", expected "), message(answer));
    }

    @Test
    void bytesThatAreNotUtf8AreRefused() throws Exception {
        Client.Answer answer =
                fill("{\"text\":\"é ____\"}".getBytes(StandardCharsets.ISO_8859_1), "Content-Type", "application/json");
        assertEquals(400, answer.status());
        assertTrue(message(answer).startsWith("body: found no JSON: Invalid UTF-8"), message(answer));
    }
}
