package dev.unmask.tensor.io;

import java.util.regex.Pattern;

/** What Jackson says of JSON that it cannot read, for whoever wrote the JSON. */
public final class JsonMessage {
    /** Where its own source begins, and which of its features, classes and limits would change what it says. */
    private static final Pattern FOR_PROGRAMMERS =
            Pattern.compile(
                    "(?s) \\((?:start marker at|not recognized as one since|set DeserializationConfig"
                            + "|but (?:could|might) if coercion).*"
                            + "|: enable `[^`]*` to allow"
                            + "|, from `[^`]*`"
                            + "| \\(bound as `[^`]*`\\): not allowed as per `[^`]*`"
                            + "|\n.*");

    private JsonMessage() {}

    /**
     * Leaves out what is said to a programmer who uses Jackson.
     *
     * @param message the message of an exception of Jackson's
     * @return its first line without asides
     */
    public static String of(String message) {
        return FOR_PROGRAMMERS.matcher(message).replaceAll("");
    }
}
