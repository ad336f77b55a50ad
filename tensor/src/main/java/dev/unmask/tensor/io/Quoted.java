package dev.unmask.tensor.io;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/** Text from outside, made fit for a message: in quotes, control characters escaped, cut where it is long. */
final class Quoted {
    private static final int LONGEST = 120;

    private Quoted() {}

    static String of(String text) {
        String shown = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(shown)) + '"';
    }
}
