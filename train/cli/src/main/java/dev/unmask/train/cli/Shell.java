package dev.unmask.train.cli;

import java.nio.file.Path;
import java.util.regex.Pattern;

/** Words of commands that a user is told to run. */
final class Shell {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_./:=,@%+-]+");

    private Shell() {}

    /** How this program is called where the user stands, as the launcher was called. */
    static String program() {
        return System.getProperty("unmask.program", "unmask");
    }

    /** A path as a word for a shell to read. */
    static String quoted(Path path) {
        return quoted(path.toString());
    }

    /** As a word for a shell to read. */
    static String quoted(String word) {
        return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
