package dev.unmask.train.cli;

import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

import java.util.Locale;
import java.util.Optional;

/** Says which option a message is about that comes from where options are not known. */
final class NamedOption {
    /** What options become before they are checked. */
    private static final String CONFIGURATION = "configuration: ";

    private NamedOption() {}

    /** The message, which begins with the option whose name or value it begins with or has found, if that was given. */
    static String in(String said, ParseResult all) {
        String message = said.startsWith(CONFIGURATION) ? said.substring(CONFIGURATION.length()) : said;
        ParseResult parsed = all;
        while (parsed.hasSubcommand()) {
            parsed = parsed.subcommand();
        }
        if (message.startsWith("--")) {
            return said;
        }
        for (OptionSpec option : parsed.matchedOptions()) {
            String name = option.longestName();
            if (begins(message, name.substring(2))) {
                return name + message.substring(name.length() - 2);
            }
        }
        Optional<ArgSpec> about = about(message, parsed);
        return about.isPresent() ? name(about.get()) + ": " + message : said;
    }

    /** Which argument has the value that a message is about; of a folder and what is in it the latter. */
    private static Optional<ArgSpec> about(String message, ParseResult parsed) {
        int longest = 0;
        Optional<ArgSpec> found = Optional.empty();
        for (ArgSpec argument : parsed.matchedArgs()) {
            for (String value : argument.originalStringValues()) {
                if (!value.isEmpty() && isAbout(message, value) && value.length() >= longest) {
                    // The same value twice: to name either would blame one that may be right.
                    boolean unsure = value.length() == longest && found.filter(argument::equals).isEmpty();
                    found = unsure ? Optional.empty() : Optional.of(argument);
                    longest = value.length();
                }
            }
        }
        return found;
    }

    private static String name(ArgSpec argument) {
        return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    }

    /** Whether a message begins with a name, however its words are joined. */
    private static boolean begins(String message, String name) {
        return message.length() > name.length()
                && !Character.isLetterOrDigit(message.charAt(name.length()))
                && plain(message.substring(0, name.length())).equals(plain(name));
    }

    private static String plain(String name) {
        return name.toLowerCase(Locale.ROOT).replace('_', '-').replace(' ', '-');
    }

    private static boolean isAbout(String message, String value) {
        return message.startsWith(value + ":")
                || message.startsWith(value + ",")
                || message.startsWith(value + "/")
                || message.contains("found " + value + ",")
                || message.contains("found " + value + ":")
                || message.contains("found no " + value + ",");
    }
}
