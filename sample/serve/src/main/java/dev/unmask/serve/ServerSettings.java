package dev.unmask.serve;

import dev.unmask.tensor.InputException;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How a model is served.
 *
 * @param host the address to listen at; any but a loopback one needs a key
 * @param port to listen at; 0: one that is free
 * @param key what programs must show as {@code Authorization: Bearer}; empty: nothing
 * @param names by which the server may be asked beside localhost and addresses
 * @param origins of other sites whose pages may ask, such as {@code https://example.org}
 * @param queue requests that may wait, at least 1
 * @param batch sequences that go through the model together at the most, at least 1
 * @param perClient requests of one client that are worked on at a time, at least 1
 * @param mostBytes a request may have, at least 1
 * @param mostTokens a request may have written, at least 1
 * @param patience how long a request may be in the queue
 * @param time how long a request may be computed
 * @param grace how long requests may go on when the server is closed
 */
public record ServerSettings(
        String host,
        int port,
        Optional<String> key,
        Set<String> names,
        Set<String> origins,
        int queue,
        int batch,
        int perClient,
        int mostBytes,
        int mostTokens,
        Duration patience,
        Duration time,
        Duration grace) {
    private static final int SHORTEST_KEY = 16;

    /** What a key must be. */
    public static final String KEY_FORM = "at least " + SHORTEST_KEY + " visible characters of ASCII";

    /** Checks the numbers. */
    public ServerSettings {
        expect(port >= 0 && port <= 65535, "port", port, "0 to 65535");
        expect(queue >= 1, "queue", queue, "at least 1");
        expect(batch >= 1 && batch <= 256, "batch", batch, "1 to 256");
        expect(perClient >= 1, "requests of one client", perClient, "at least 1");
        expect(mostBytes >= 1, "bytes of a request", mostBytes, "at least 1");
        expect(mostTokens >= 1, "tokens of a request", mostTokens, "at least 1");
        expect(patience.isPositive(), "time in the queue", patience, "more than none");
        expect(time.isPositive(), "time of computing", time, "more than none");
        expect(!grace.isNegative(), "time to finish", grace, "none or more");
        key.ifPresent(text -> expect(isKey(text), "key", text.length() + " characters", KEY_FORM));
        names = names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
        origins = Set.copyOf(origins);
    }

    /**
     * Whether a text is fit for a key.
     *
     * @param text that programs would have to show
     * @return whether it is {@link #KEY_FORM}
     */
    public static boolean isKey(String text) {
        return text.length() >= SHORTEST_KEY && text.chars().allMatch(c -> c > ' ' && c < 127);
    }

    /**
     * At port 8080 of this machine only, without a key; 64 requests may wait, 16 of one client, 8 sequences go
     * together; a mebibyte and 1,024 tokens a request, 30 seconds in the queue, 60 of computing, 10 to finish.
     *
     * @return the default settings
     */
    public static ServerSettings defaults() {
        return new ServerSettings(
                "127.0.0.1",
                8080,
                Optional.empty(),
                Set.of(),
                Set.of(),
                64,
                8,
                16,
                1 << 20,
                1024,
                Duration.ofSeconds(30),
                Duration.ofSeconds(60),
                Duration.ofSeconds(10));
    }

    /**
     * The address to listen at.
     *
     * @return an address of this machine
     * @throws InputException if there is none of that name, or others reach it and there is no key
     */
    public InetAddress address() {
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw new InputException("host: found " + host + ", expected an address of this machine", e);
        }
        if (!address.isLoopbackAddress() && key.isEmpty()) {
            throw new InputException(
                    "host: found "
                            + host
                            + " without a key, expected one, as everybody who reaches this machine could use the"
                            + " server; or 127.0.0.1, which only this machine reaches");
        }
        return address;
    }

    private static void expect(boolean holds, String name, Object found, String expected) {
        if (!holds) {
            throw new InputException(name + ": found " + found + ", expected " + expected);
        }
    }

    /**
     * These settings at another address.
     *
     * @param address any but a loopback one needs a key
     * @param number of the port; 0: one that is free
     * @return the settings
     */
    public ServerSettings at(String address, int number) {
        return new ServerSettings(
                address, number, key, names, origins, queue, batch, perClient, mostBytes, mostTokens, patience, time, grace);
    }

    /**
     * These settings with other callers.
     *
     * @param secret what programs must show; empty: nothing
     * @param known names by which the server may be asked
     * @param sites of other pages that may ask
     * @return the settings
     */
    public ServerSettings admitting(Optional<String> secret, Set<String> known, Set<String> sites) {
        return new ServerSettings(
                host, port, secret, known, sites, queue, batch, perClient, mostBytes, mostTokens, patience, time, grace);
    }

    /**
     * These settings with other numbers of requests.
     *
     * @param waiting requests that may wait
     * @param together sequences that go through the model together at the most
     * @param ofOne requests of one client that are worked on at a time
     * @return the settings
     */
    public ServerSettings withQueue(int waiting, int together, int ofOne) {
        return new ServerSettings(
                host, port, key, names, origins, waiting, together, ofOne, mostBytes, mostTokens, patience, time, grace);
    }

    /**
     * These settings with other sizes of a request.
     *
     * @param bytes it may have
     * @param tokens it may have written
     * @return the settings
     */
    public ServerSettings withSizes(int bytes, int tokens) {
        return new ServerSettings(
                host, port, key, names, origins, queue, batch, perClient, bytes, tokens, patience, time, grace);
    }

    /**
     * These settings with other times.
     *
     * @param queued how long a request may be in the queue
     * @param computed how long a request may be computed
     * @param finishing how long requests may go on when the server is closed
     * @return the settings
     */
    public ServerSettings withTimes(Duration queued, Duration computed, Duration finishing) {
        return new ServerSettings(
                host,
                port,
                key,
                names,
                origins,
                queue,
                batch,
                perClient,
                mostBytes,
                mostTokens,
                queued,
                computed,
                finishing);
    }
}
