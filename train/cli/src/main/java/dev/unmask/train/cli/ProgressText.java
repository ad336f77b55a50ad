package dev.unmask.train.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * How far a task is, as text.
 *
 * @param task its name
 * @param done how much of it is done
 * @param all how much there is to do
 * @param seconds since it began
 * @param left seconds to its end, once these can be told
 * @param details what else is known, the most important first
 */
record ProgressText(String task, long done, long all, double seconds, OptionalDouble left, List<String> details) {
    private static final String GAP = "  ";

    /** Of the terminal's last columns: a full line would move the cursor on, and a typed ^C is shown there. */
    private static final int FREE = 3;

    private static final int NARROWEST_BAR = 10;
    private static final int WIDEST_BAR = 50;

    ProgressText {
        details = List.copyOf(details);
    }

    /** One line with a bar, shorter than a terminal is wide. */
    String bar(int columns) {
        int room = Math.max(1, columns - FREE);
        String head = String.format(Locale.ROOT, "%s %3d%%", task, percent());
        List<String> parts = new ArrayList<>(List.of(done + "/" + all));
        parts.add(timeLeft());
        parts.addAll(details);
        parts.add(time(seconds) + " so far");
        StringBuilder tail = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            // Numbers go before the bar, but not all of them.
            int kept = i < 3 ? 0 : GAP.length() + NARROWEST_BAR;
            if (!parts.get(i).isEmpty()
                    && head.length() + tail.length() + GAP.length() + parts.get(i).length() + kept <= room) {
                tail.append(GAP).append(parts.get(i));
            }
        }
        int width = Math.min(WIDEST_BAR, room - head.length() - tail.length() - 1);
        String line = head + (width >= NARROWEST_BAR ? " " + drawn(width) : "") + tail;
        return line.length() <= room ? line : line.substring(0, room);
    }

    /** One line without a bar, for a file. */
    String line() {
        List<String> parts = new ArrayList<>();
        parts.add(String.format(Locale.ROOT, "%s: %d of %d (%d%%)", task, done, all, percent()));
        parts.addAll(details);
        parts.add(time(seconds) + " so far");
        if (!timeLeft().isEmpty()) {
            parts.add(timeLeft());
        }
        return String.join(", ", parts);
    }

    private long percent() {
        return all == 0 ? 100 : (long) Math.floor(100.0 * done / all);
    }

    private String timeLeft() {
        return left.isPresent() && done < all ? time(left.getAsDouble()) + " left" : "";
    }

    private String drawn(int width) {
        int inner = width - 2;
        int filled = all == 0 ? inner : (int) (inner * done / all);
        return "[" + "=".repeat(filled) + (filled < inner ? ">" + " ".repeat(inner - filled - 1) : "") + "]";
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }
}
