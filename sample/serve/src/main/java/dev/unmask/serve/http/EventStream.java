package dev.unmask.serve.http;

import com.fasterxml.jackson.databind.JsonNode;

import java.io.IOException;

/** Server-sent events, each of which is written at once. */
public final class EventStream {
    private final Exchange exchange;

    EventStream(Exchange exchange) {
        this.exchange = exchange;
    }

    /**
     * Sends data without a name, as OpenAI does.
     *
     * @param data one value
     * @throws IOException if the client has gone
     */
    public void data(JsonNode data) throws IOException {
        exchange.write("data: " + Exchange.line(data) + "\n\n", false);
    }

    /**
     * Sends an event.
     *
     * @param name what kind
     * @param data one value
     * @throws IOException if the client has gone
     */
    public void event(String name, JsonNode data) throws IOException {
        exchange.write("event: " + name + "\ndata: " + Exchange.line(data) + "\n\n", false);
    }

    /**
     * Ends the answer.
     *
     * @param last what is sent last, possibly nothing
     * @throws IOException if the client has gone
     */
    public void end(String last) throws IOException {
        exchange.write(last, true);
    }
}
