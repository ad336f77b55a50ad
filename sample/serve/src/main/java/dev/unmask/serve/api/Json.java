package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import java.util.UUID;

/** Makes parts of answers. */
final class Json {
    private Json() {}

    static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    static ArrayNode list() {
        return JsonNodeFactory.instance.arrayNode();
    }

    /** A name of an answer that no other has. */
    static String id(String kind) {
        return kind + "-" + UUID.randomUUID().toString().replace("-", "");
    }

    /** Seconds since 1970. */
    static long now() {
        return System.currentTimeMillis() / 1000;
    }
}
