package dev.unmask.serve.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which endpoint answers which path. */
public final class Routes {
    /** What must be shown to be answered. */
    public enum Access {
        /** Nothing: files of the page, and whether the server is there. */
        OPEN,
        /** The key. */
        KEY,
        /** The key; and it costs the engine something, so that a client may ask for a few things at a time only. */
        WORK
    }

    /**
     * A route.
     *
     * @param method such as {@code POST}
     * @param path all of it, or its beginning if it ends with a slash and is longer than that
     * @param access what must be shown
     * @param endpoint answers
     */
    public record Route(String method, String path, Access access, Endpoint endpoint) {
        boolean fits(String asked) {
            return path.length() > 1 && path.endsWith("/")
                    ? asked.startsWith(path) && asked.length() > path.length()
                    : asked.equals(path);
        }

        String rest(String asked) {
            return asked.substring(path.length());
        }
    }

    private final List<Route> all = new ArrayList<>();

    /**
     * Adds a route.
     *
     * @param method such as {@code POST}
     * @param path all of it, or its beginning if it ends with a slash
     * @param access what must be shown
     * @param endpoint answers
     * @return these routes
     */
    public Routes add(String method, String path, Access access, Endpoint endpoint) {
        all.add(new Route(method, path, access, endpoint));
        return this;
    }

    /** The route of a request. */
    Route of(String method, String path) {
        List<Route> fitting = fitting(path);
        String wanted = method.equals("HEAD") ? "GET" : method;
        return fitting.stream()
                .filter(route -> route.method().equals(wanted))
                .findFirst()
                .orElseThrow(() ->
                        ApiException.refused(
                                405,
                                "method_not_allowed",
                                "found " + method + " " + path + ", expected " + fitting.getFirst().method(),
                                "Allow",
                                allowed(fitting)));
    }

    /** What a path may be asked by, as the header {@code Allow} lists it; {@code *} is any path. */
    String allowed(String path) {
        return allowed(path.equals("*") ? all : fitting(path));
    }

    private List<Route> fitting(String path) {
        List<Route> fitting = all.stream().filter(route -> route.fits(path)).toList();
        if (fitting.isEmpty()) {
            throw ApiException.refused(
                    404, "not_found", "found no such path: " + path + "; /openapi.json lists what there is");
        }
        return fitting;
    }

    private static String allowed(List<Route> routes) {
        Set<String> methods = new TreeSet<>(Set.of("OPTIONS"));
        routes.forEach(route -> methods.add(route.method()));
        if (methods.contains("GET")) {
            methods.add("HEAD");
        }
        return String.join(", ", methods);
    }
}
