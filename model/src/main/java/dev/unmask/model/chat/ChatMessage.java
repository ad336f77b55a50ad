package dev.unmask.model.chat;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one side says in a conversation.
 *
 * @param role who says it: {@code system}, {@code user}, {@code assistant}, or another name that the template knows
 * @param content what is said
 */
public record ChatMessage(String role, String content) {
    /** Checks that there is a role. */
    public ChatMessage {
        if (role.isBlank()) {
            throw new IllegalArgumentException("role: found a blank one, expected a name such as user");
        }
    }

    /**
     * What the model is told before the conversation.
     *
     * @param content what is said
     * @return the message
     */
    public static ChatMessage system(String content) {
        return new ChatMessage("system", content);
    }

    /**
     * What a user says.
     *
     * @param content what is said
     * @return the message
     */
    public static ChatMessage user(String content) {
        return new ChatMessage("user", content);
    }

    /**
     * What the model has answered before.
     *
     * @param content what is said
     * @return the message
     */
    public static ChatMessage assistant(String content) {
        return new ChatMessage("assistant", content);
    }

    /** As templates know it. */
    Map<String, Object> variables() {
        Map<String, Object> variables = new LinkedHashMap<>();
        variables.put("role", role);
        variables.put("content", content);
        return variables;
    }
}
