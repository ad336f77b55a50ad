package dev.unmask.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.unmask.tensor.InputException;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/** Who may ask, by which name, from which page, with which key. */
@Timeout(60)
class GateTest {
    private static final String KEY = "a-key-of-sixteen-or-more";
    private static Served served;

    @BeforeAll
    static void start() throws Exception {
        served =
                Served.masked(
                        ServerSettings.defaults()
                                .admitting(Optional.of(KEY), Set.of("Models.Example.org"), Set.of("https://friend.example")));
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    /** The status of an answer, and its text; headers are separated by |, and PORT is the server's. */
    static String send(Served to, String method, String path, String headers) throws IOException {
        int port = to.server().address().getPort();
        try (Socket socket = new Socket("127.0.0.1", port)) {
            String body = method.equals("POST") ? "{\"text\":\"the ____\"}" : "";
            String request =
                    method + " " + path + " HTTP/1.1\r\n"
                            + headers.replace("PORT", Integer.toString(port)).replace("|", "\r\n")
                            + "\r\nContent-Type: application/json\r\nContent-Length: "
                            + body.length()
                            + "\r\nConnection: close\r\n\r\n"
                            + body;
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            try (InputStream in = socket.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "GET; /%zz;400", "GET; /%ff;400", "GET; /../../etc/passwd;400", "GET; /a b;400", "GET; /v1%2fmodels;400"
    })
    void whatIsNoRequestIsAnsweredInJsonToo(String method, String path, int status) throws IOException {
        String answer = send(served, method, path, "Host: localhost");
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        assertTrue(answer.contains("Content-Type: application/json"), answer);
        assertTrue(answer.contains("X-Content-Type-Options: nosniff"), answer);
        assertTrue(answer.contains("\"code\":\"broken_request\""), answer);
    }

    @Test
    void headersThatAreTooLongOrMissingAreRefusedInJson() throws IOException {
        String large = send(served, "GET", "/", "Host: localhost|X: " + "x".repeat(20_000));
        assertTrue(large.startsWith("HTTP/1.1 431 "), large);
        assertTrue(large.contains("\"code\":\"broken_request\""), large);
        String nameless = send(served, "GET", "/", "X: y");
        assertTrue(nameless.startsWith("HTTP/1.1 400 "), nameless);
        assertTrue(nameless.contains("found No Host, expected a request"), nameless);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "Host: 127.0.0.1:PORT;200",
        "Host: localhost:PORT;200",
        "Host: localhost;200",
        "Host: [::1]:PORT;200",
        "Host: models.example.org;200",
        "Host: evil.example:PORT;421",
        "Host: 127.0.0.1.evil.example;421",
        "Host: localhost.evil.example;421",
        "Host: localhost:PORT|Origin: http://localhost:PORT;200",
        "Host: localhost:PORT|Origin: https://friend.example;200",
        "Host: localhost:PORT|Origin: http://evil.example;403",
        "Host: localhost:PORT|Origin: null;403",
        "Host: localhost:PORT|Origin: http://localhost:1;403",
        "Host: localhost:PORT|Origin: http://[;403",
        "Host: localhost:PORT|Sec-Fetch-Site: cross-site;403",
        "Host: localhost:PORT|Sec-Fetch-Site: same-origin;200"
    })
    void aRequestComesByAKnownNameAndFromOurPage(String headers, int status) throws IOException {
        String answer = send(served, "POST", "/v1/fill", headers + "|Authorization: Bearer " + KEY);
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/fill, '', 401", "/v1/fill, Bearer wrong, 401", "/v1/fill, Basic " + KEY + ", 401",
        "/v1/fill, bearer " + KEY + ", 200", "/v1/fill, Bearer " + KEY + ", 200"
    })
    void programsShowAKey(String path, String authorization, int status) throws Exception {
        Client.Answer answer =
                authorization.isEmpty()
                        ? served.client().post(path, "{'text':'the ____'}")
                        : served.client().post(path, "{'text':'the ____'}", "Authorization", authorization);
        assertEquals(status, answer.status());
        assertEquals(status == 401 ? "Bearer" : "", answer.header("WWW-Authenticate"));
    }

    @Test
    void thePageAndTheHealthAreOpenNumbersAreNot() throws Exception {
        assertEquals(200, served.client().get("/").status());
        assertEquals(200, served.client().get("/healthz").status());
        assertEquals(401, served.client().get("/metrics").status());
        assertEquals(401, served.client().get("/v1/models").status());
    }

    @Test
    void thePageLoadsNothingFromElsewhere() throws Exception {
        Client.Answer page = served.client().get("/");
        assertTrue(page.header("Content-Security-Policy").contains("default-src 'none'; script-src 'self'"));
        assertEquals("nosniff", page.header("X-Content-Type-Options"));
        assertTrue(page.response().body().contains("<title>Unmask</title>"));
    }

    @Test
    void othersReachItOnlyWithAKey() throws Exception {
        InputException refused =
                assertThrows(InputException.class, () -> ServerSettings.defaults().at("0.0.0.0", 0).address());
        assertTrue(refused.getMessage().contains("without a key"), refused.getMessage());
        assertThrows(
                InputException.class,
                () -> ServerSettings.defaults().admitting(Optional.of("short"), Set.of(), Set.of()));
        ServerSettings.defaults().at("0.0.0.0", 0).admitting(Optional.of(KEY), Set.of(), Set.of()).address();
    }
}
