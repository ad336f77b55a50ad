package dev.unmask.serve.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.tensor.io.JsonMessage;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A request and its answer. */
public final class Exchange {
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private final Request request;
    private final Response response;
    private final int mostBytes;
    private final String rest;
    private final ByteBuffer probe = ByteBuffer.allocate(1).flip();
    private boolean pipelined;

    Exchange(Request request, Response response, int mostBytes, String rest) {
        this.request = request;
        this.response = response;
        this.mostBytes = mostBytes;
        this.rest = rest;
    }

    /**
     * The end of the path, where the endpoint's is the beginning.
     *
     * @return possibly empty
     */
    public String rest() {
        return rest;
    }

    /**
     * Reads the body.
     *
     * @return a JSON object
     * @throws ApiException if it is too long, none, or written in a way that is not read
     * @throws IOException if the client has gone
     */
    public ObjectNode body() throws IOException {
        byte[] bytes = new RequestBody(request, mostBytes).read();
        try {
            JsonNode node = JSON.readTree(bytes);
            if (node instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException e) {
            throw ApiException.refused(
                    400,
                    "invalid_json",
                    "body: found no JSON: "
                            + JsonMessage.of(e.getOriginalMessage())
                            + (e.getLocation() == null
                                    ? ""
                                    : ", line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr()));
        }
        throw ApiException.refused(400, "invalid_json", "body: found no JSON object, expected one: {…}");
    }

    /**
     * Whether the client has closed the connection, which nothing else tells while nothing is written to it.
     *
     * @return whether nobody waits for the answer
     */
    public boolean gone() {
        EndPoint connection = request.getConnectionMetaData().getConnection().getEndPoint();
        if (!connection.isOpen()) {
            return true;
        }
        if (pipelined) {
            return false;
        }
        try {
            probe.clear().flip();
            int read = connection.fill(probe);
            if (read > 0) {
                // The next request has begun to come, of which a byte is lost now: the client will send it again on a
                // new connection.
                pipelined = true;
                response.getHeaders().put(HttpHeader.CONNECTION, "close");
            }
            return read < 0;
        } catch (IOException e) {
            return true;
        }
    }

    /**
     * Goes on only if the client is there.
     *
     * @throws ClientGone if it is not
     */
    public void requireClient() throws ClientGone {
        if (gone()) {
            throw new ClientGone();
        }
    }

    /**
     * Answers.
     *
     * @param status such as 200
     * @param answer what is written as JSON
     * @throws IOException if the client has gone
     */
    public void json(int status, JsonNode answer) throws IOException {
        send(status, "application/json", JSON.writeValueAsBytes(answer));
    }

    /**
     * Answers.
     *
     * @param status such as 200
     * @param type the media type
     * @param content all of it
     * @throws IOException if the client has gone
     */
    public void send(int status, String type, byte[] content) throws IOException {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, content.length);
        boolean head = request.getMethod().equals("HEAD");
        Content.Sink.write(response, true, head ? null : ByteBuffer.wrap(content));
    }

    /** Answers without content. */
    void nothing(String header, String value) throws IOException {
        response.setStatus(204);
        header(header, value);
        Content.Sink.write(response, true, null);
    }

    /**
     * Sets a header of the answer.
     *
     * @param name of the header
     * @param value of the header
     */
    public void header(String name, String value) {
        response.getHeaders().put(name, value);
    }

    /**
     * Begins to answer with server-sent events.
     *
     * @return what writes them
     */
    public EventStream events() {
        response.setStatus(200);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream;charset=utf-8");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        response.getHeaders().put("X-Accel-Buffering", "no");
        return new EventStream(this);
    }

    /** Whether the answer has begun. */
    boolean begun() {
        return response.isCommitted();
    }

    void write(String text, boolean last) throws IOException {
        Content.Sink.write(response, last, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    static String line(JsonNode node) {
        try {
            return JSON.writeValueAsString(node);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
