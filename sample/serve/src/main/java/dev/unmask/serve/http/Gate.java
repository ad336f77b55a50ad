package dev.unmask.serve.http;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Who may ask. A page of another site must not reach a server on the machine of whoever looks at it: not by a name that
 * was pointed at this machine (DNS rebinding, which the header {@code Host} shows), nor by a request across sites
 * (which {@code Origin} and {@code Sec-Fetch-Site} show). A program may be asked for a key.
 */
public final class Gate {
    /** Nobody can point an address elsewhere, as a name can be. */
    private static final Pattern ADDRESS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]+(%[0-9a-z]+)?]");

    private final Set<String> names;
    private final Set<String> origins;
    private final Optional<byte[]> key;

    /**
     * A gate.
     *
     * @param names of this machine beside localhost, in lower case
     * @param origins of other sites whose pages may ask, such as {@code https://example.org}
     * @param key what programs must show; empty: nothing
     */
    public Gate(Set<String> names, Set<String> origins, Optional<String> key) {
        this.names = Set.copyOf(names);
        this.origins = Set.copyOf(origins);
        this.key = key.map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    /** Refuses requests by wrong names, and of pages of other sites. */
    void check(Request request) {
        String host = request.getHeaders().get(HttpHeader.HOST);
        String name = host == null ? "" : host.toLowerCase(Locale.ROOT).replaceFirst(":\\d*$", "");
        if (!name.equals("localhost")
                && !name.endsWith(".localhost")
                && !names.contains(name)
                && !ADDRESS.matcher(name).matches()) {
            throw ApiException.refused(
                    421,
                    "unknown_host",
                    "Host: found "
                            + (host == null ? "none" : host)
                            + ", expected localhost, an address, or a name that the server was started with");
        }
        String origin = request.getHeaders().get(HttpHeader.ORIGIN);
        if (origin != null && !isOwn(origin, host) && !origins.contains(origin)) {
            throw foreign("Origin: found " + origin);
        }
        String site = request.getHeaders().get("Sec-Fetch-Site");
        if (origin == null && "cross-site".equals(site) && !request.getMethod().equals("GET")) {
            throw foreign("Sec-Fetch-Site: found cross-site");
        }
    }

    private static ApiException foreign(String found) {
        return ApiException.refused(
                403, "foreign_origin", found + ", expected the server's own, or one that it was started with");
    }

    private static boolean isOwn(String origin, String host) {
        try {
            return host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** What a page of another site may be told. */
    Optional<String> allowedOrigin(Request request) {
        return Optional.ofNullable(request.getHeaders().get(HttpHeader.ORIGIN)).filter(origins::contains);
    }

    /** Whether the request shows the key, if one is wanted. */
    void requireKey(Request request) {
        if (key.isEmpty()) {
            return;
        }
        String shown = request.getHeaders().get(HttpHeader.AUTHORIZATION);
        String scheme = "Bearer ";
        boolean bearer = shown != null && shown.regionMatches(true, 0, scheme, 0, scheme.length());
        byte[] found = (bearer ? shown.substring(scheme.length()).strip() : "").getBytes(StandardCharsets.UTF_8);
        if (!MessageDigest.isEqual(found, key.get())) {
            throw ApiException.refused(
                    401,
                    "invalid_api_key",
                    "Authorization: found "
                            + (bearer ? "another key" : "no key")
                            + ", expected Bearer and the key that the server was started with",
                    "WWW-Authenticate",
                    "Bearer");
        }
    }
}
