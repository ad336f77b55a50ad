package dev.unmask.model.jinja;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** The formats of Python's {@code strftime}, in English. */
final class TimeFormat {
    /** What Java's formatter calls each. */
    private static final Map<Character, String> PATTERNS =
            Map.ofEntries(
                    Map.entry('a', "EEE"),
                    Map.entry('A', "EEEE"),
                    Map.entry('b', "MMM"),
                    Map.entry('B', "MMMM"),
                    Map.entry('d', "dd"),
                    Map.entry('H', "HH"),
                    Map.entry('I', "hh"),
                    Map.entry('j', "DDD"),
                    Map.entry('m', "MM"),
                    Map.entry('M', "mm"),
                    Map.entry('p', "a"),
                    Map.entry('S', "ss"),
                    Map.entry('y', "yy"),
                    Map.entry('Y', "yyyy"));

    private TimeFormat() {}

    static String format(String format, ZonedDateTime time) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            boolean directive = c == '%' && i + 1 < format.length();
            if (directive && PATTERNS.containsKey(format.charAt(i + 1))) {
                text.append(time.format(DateTimeFormatter.ofPattern(PATTERNS.get(format.charAt(++i)), Locale.US)));
            } else if (directive && format.charAt(i + 1) == '%') {
                text.append('%');
                i++;
            } else {
                text.append(c);
            }
        }
        return text.toString();
    }
}
