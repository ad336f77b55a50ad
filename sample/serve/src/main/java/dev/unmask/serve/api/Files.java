package dev.unmask.serve.api;

import dev.unmask.serve.http.Endpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The page and the description of the API, which lie in the jar. */
final class Files {
    private static final Map<String, String> TYPES =
            Map.of(
                    "html", "text/html;charset=utf-8",
                    "css", "text/css;charset=utf-8",
                    "js", "text/javascript;charset=utf-8",
                    "svg", "image/svg+xml",
                    "json", "application/json");

    private static final String[] NAMES = {
        "index.html", "style.css", "icon.svg", "app.js", "api.js", "run.js", "stage.js", "popover.js", "settings.js",
        "openapi.json"
    };

    private Files() {}

    /** Of each path what answers it. */
    static Map<String, Endpoint> all() {
        Map<String, Endpoint> all = new LinkedHashMap<>();
        for (String name : NAMES) {
            byte[] content = content(name);
            String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
            all.put(name.equals("index.html") ? "/" : "/" + name, exchange -> exchange.send(200, type, content));
        }
        return all;
    }

    private static byte[] content(String name) {
        try (InputStream in = Files.class.getResourceAsStream("/dev/unmask/serve/page/" + name)) {
            if (in == null) {
                throw new IllegalStateException("the jar of the server lacks " + name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
