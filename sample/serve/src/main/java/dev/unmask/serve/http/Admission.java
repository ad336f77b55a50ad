package dev.unmask.serve.http;

import java.util.HashMap;
import java.util.Map;

/** How many requests of one client are answered at a time, so that nobody fills the queue alone. */
final class Admission {
    private final int most;
    private final Map<String, Integer> current = new HashMap<>();

    Admission(int most) {
        this.most = most;
    }

    synchronized void enter(String client) {
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

    synchronized void leave(String client) {
        current.computeIfPresent(client, (key, now) -> now == 1 ? null : now - 1);
    }

    /** Requests that are being answered. */
    synchronized int all() {
        return current.values().stream().mapToInt(Integer::intValue).sum();
    }
}
