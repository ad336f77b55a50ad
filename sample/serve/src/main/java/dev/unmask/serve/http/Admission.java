package dev.unmask.serve.http;

import java.util.HashMap;
import java.util.Map;

/** Who is answered: so many requests of one client at a time, so that nobody fills the queue alone, until the end. */
final class Admission {
    private final int most;
    private final Map<String, Integer> current = new HashMap<>();
    private boolean closed;

    Admission(int most) {
        this.most = most;
    }

    synchronized void enter(String client) {
        if (closed) {
            throw ApiException.later(503, "shutting_down", "the server is shutting down", 1);
        }
        int now = current.getOrDefault(client, 0);
        if (now >= most) {
            throw ApiException.later(
                    429,
                    "too_many_requests",
                    "found " + now + " requests of this client being answered, expected at most " + most + " at a time",
                    1);
        }
        current.put(client, now + 1);
    }

    /** Lets nobody in any more; whoever is in stays until it leaves. */
    synchronized void close() {
        closed = true;
    }

    synchronized void leave(String client) {
        current.computeIfPresent(client, (key, now) -> now == 1 ? null : now - 1);
    }

    /** Requests that are being answered. */
    synchronized int all() {
        return current.values().stream().mapToInt(Integer::intValue).sum();
    }
}
