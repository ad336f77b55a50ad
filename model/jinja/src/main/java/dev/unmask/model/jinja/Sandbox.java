package dev.unmask.model.jinja;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.unmask.model.chat.TemplateException;

import io.roastedroot.quickjs4j.core.Builtins;
import io.roastedroot.quickjs4j.core.Engine;
import io.roastedroot.quickjs4j.core.Runner;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;

/** Runs templates in a JavaScript engine, each time in a new one: nothing of a conversation is left for the next. */
final class Sandbox {
    /** A template of a long conversation takes less than a second. */
    private static final int TIMEOUT_MILLIS = 30_000;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Clock clock;

    Sandbox(Clock clock) {
        this.clock = clock;
    }

    /** The interpreter as the engine's own code, which is made once. */
    private static final class Interpreter {
        static final byte[] CODE = compiled();

        private static byte[] compiled() {
            String source =
                    "const module = { exports: {} };\n" + resource("jinja.cjs") + "\n" + resource("fill.js");
            Builtins none = host("", Clock.systemUTC(), new AtomicReference<>());
            try (Engine engine = Engine.builder().addBuiltins(none).build();
                    Runner runner = Runner.builder().withEngine(engine).build()) {
                return runner.compile(source);
            }
        }

        private static String resource(String name) {
            try (InputStream content = Sandbox.class.getResourceAsStream(name)) {
                return new String(content.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Fills a template in, or only reads it if there are no variables. */
    String run(String template, Optional<Map<String, ?>> variables) {
        Map<String, Object> given = new HashMap<>();
        given.put("template", template);
        variables.ifPresent(values -> given.put("variables", values));
        AtomicReference<String> filled = new AtomicReference<>();
        try {
            Builtins host = host(JSON.writeValueAsString(given), clock, filled);
            run(host);
            if (filled.get() == null) {
                throw new TemplateException("found no end of it within the memory and time a template may take");
            }
            JsonNode result = JSON.readTree(filled.get());
            if (result.has("refused")) {
                throw new TemplateException(result.path("refused").asText());
            }
            return result.path("text").asText();
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("variables: found a value that JSON cannot say", e);
        }
    }

    private static void run(Builtins host) {
        ExecutorService thread = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
        try (Engine engine = Engine.builder().addBuiltins(host).build();
                Runner runner =
                        Runner.builder()
                                .withEngine(engine)
                                .withExecutorService(thread)
                                .withTimeoutMs(TIMEOUT_MILLIS)
                                .build()) {
            runner.exec(Interpreter.CODE);
        } catch (RuntimeException e) {
            throw new TemplateException("it cannot be filled in (" + e.getMessage() + ")", e);
        } finally {
            thread.shutdownNow();
        }
    }

    /** All that the engine reaches: what was given, the time, and where the result goes. */
    private static Builtins host(String given, Clock clock, AtomicReference<String> filled) {
        return Builtins.builder("host")
                .addVoidToString("given", () -> given)
                .addStringToString("strftime", format -> TimeFormat.format(format, ZonedDateTime.now(clock)))
                .addStringToVoid("filled", filled::set)
                .build();
    }
}
