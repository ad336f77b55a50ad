package dev.unmask.serve.http;

import java.io.IOException;

/** Answers requests of one path and method, each on a thread of its own. */
@FunctionalInterface
public interface Endpoint {
    /**
     * Answers a request.
     *
     * @param exchange the request and its answer
     * @throws IOException if the client has gone
     * @throws InterruptedException if the server ends
     */
    void answer(Exchange exchange) throws IOException, InterruptedException;
}
