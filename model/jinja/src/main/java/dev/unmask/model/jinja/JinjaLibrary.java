package dev.unmask.model.jinja;

import dev.unmask.model.chat.TemplateLibrary;

import java.time.Clock;
import java.util.Map;
import java.util.Optional;

/**
 * Hugging Face's interpreter of Jinja for chat templates, the one of its own libraries in JavaScript. It runs in
 * QuickJS, which is WebAssembly compiled to Java: a template reaches neither files nor network nor classes, and is
 * stopped after some seconds.
 */
public final class JinjaLibrary implements TemplateLibrary {
    private final Clock clock;

    /** Found as a service. */
    public JinjaLibrary() {
        this(Clock.systemDefaultZone());
    }

    /** With another clock for templates that tell the date. */
    JinjaLibrary(Clock clock) {
        this.clock = clock;
    }

    @Override
    public Template open(String source) {
        // Python's Jinja2 reads every kind of line end as \\n.
        String template = source.replace("\r\n", "\n").replace('\r', '\n');
        Sandbox sandbox = new Sandbox(clock);
        sandbox.run(template, Optional.empty());
        return variables -> sandbox.run(template, Optional.of(variables));
    }
}
