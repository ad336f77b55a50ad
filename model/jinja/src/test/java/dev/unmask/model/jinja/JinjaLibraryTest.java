package dev.unmask.model.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import dev.unmask.model.chat.TemplateException;
import dev.unmask.model.chat.TemplateLibrary;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Conversations become the text that Hugging Face's transformers makes of them. */
class JinjaLibraryTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** When the goldens were made, as their script pretends. */
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-03-07T09:05:02Z"), ZoneOffset.UTC);

    private final TemplateLibrary library = new JinjaLibrary(CLOCK);

    @TestFactory
    Stream<DynamicTest> conversationsAreWrittenAsByTransformers() throws IOException {
        JsonNode recorded;
        try (InputStream file = JinjaLibraryTest.class.getResourceAsStream("conversations.json")) {
            recorded = JSON.readTree(file);
        }
        Map<String, TemplateLibrary.Template> templates = new LinkedHashMap<>();
        recorded.path("templates")
                .properties()
                .forEach(entry -> templates.put(entry.getKey(), library.open(entry.getValue().textValue())));
        return recorded.path("cases")
                .valueStream()
                .map(found ->
                        DynamicTest.dynamicTest(
                                found.path("name").textValue(),
                                () -> holds(templates.get(found.path("template").textValue()), found)));
    }

    private static void holds(TemplateLibrary.Template template, JsonNode recorded) {
        Map<String, Object> variables = new HashMap<>();
        variables.put("tools", null);
        variables.put("documents", null);
        variables.put("messages", value(recorded.path("messages")));
        variables.put("add_generation_prompt", recorded.path("answer").booleanValue());
        for (String some : List.of("tokens", "variables")) {
            recorded.path(some).properties().forEach(entry -> variables.put(entry.getKey(), value(entry.getValue())));
        }
        if (recorded.has("refused")) {
            TemplateException refused = assertThrows(TemplateException.class, () -> template.fill(variables));
            assertEquals(recorded.path("refused").textValue(), refused.getMessage());
        } else {
            assertEquals(recorded.path("text").textValue(), template.fill(variables));
        }
    }

    private static Object value(JsonNode node) {
        return JSON.convertValue(node, Object.class);
    }

    @Test
    void theDateIsThatOfTheClockAndItsZone() {
        Clock east = CLOCK.withZone(ZoneId.of("Asia/Tokyo"));
        TemplateLibrary.Template template =
                new JinjaLibrary(east).open("{{ strftime_now('%A %d %B %Y, %H:%M:%S %% %j %b %a %y %I %p %m %q') }}");
        assertEquals("Saturday 07 March 2026, 18:05:02 % 066 Mar Sat 26 06 PM 03 %q", template.fill(Map.of()));
    }

    @Test
    void whatIsNoTemplateIsRefusedWhenItIsRead() {
        TemplateException refused =
                assertThrows(TemplateException.class, () -> library.open("{% for message in messages %}"));
        assertTrue(refused.getMessage().length() > 5, refused.getMessage());
    }

    @Test
    void aTemplateReachesNothingOutside() {
        for (String reach :
                List.of(
                        "{{ ''.__class__.__mro__ }}",
                        "{{ messages.constructor.constructor('return host')() }}",
                        "{{ host.given() }}",
                        "{% include '/etc/passwd' %}")) {
            String written;
            try {
                written = library.open(reach).fill(Map.of("messages", List.of()));
            } catch (TemplateException refused) {
                continue;
            }
            assertEquals("", written, reach);
        }
    }

    @Test
    void textOfAConversationIsNoTemplate() {
        TemplateLibrary.Template template = library.open("{{ messages[0].content }}");
        String trick = "{{ 7 * 7 }}{% for x in y %}\\n\u0000\ud83d\ude42";
        assertEquals(trick, template.fill(Map.of("messages", List.of(Map.of("role", "user", "content", trick)))));
    }
}
