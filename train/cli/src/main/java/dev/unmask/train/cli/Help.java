package dev.unmask.train.cli;

import picocli.CommandLine;
import picocli.CommandLine.IHelpSectionRenderer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * The text of {@code --help} as wide as the terminal, with commands that can be run as they stand: by the name that
 * Unmask was called by, and where one is too long for a line, with the backslash by which a shell reads on.
 */
final class Help {
    /** Wider lines are hard to read. */
    private static final int WIDEST = 120;

    /** Picocli lays out its columns for at least as much; narrower terminals get its lines folded. */
    private static final int NARROWEST_LAYOUT = 55;

    private static final int UNKNOWN = 80;
    private static final int NARROWEST = 20;

    /** How a command of an example begins in the annotations. */
    private static final String WRITTEN = "  unmask ";

    private final int width;
    private final String program;

    Help(int width, String program) {
        this.width = width;
        this.program = program;
    }

    /**
     * As wide as the terminal, or as COLUMNS says where there is none. The system is asked only if help may be among
     * what these arguments ask for, as that takes a good part of the time in which a short command is done.
     */
    static Help forTerminal(String... arguments) {
        boolean asked = Arrays.stream(arguments).anyMatch(each -> each.startsWith("-") && each.contains("h"));
        OptionalInt columns = asked ? Terminal.columns(Terminal.OUT) : OptionalInt.empty();
        return new Help(width(columns, System.getenv("COLUMNS")), Shell.program());
    }

    static int width(OptionalInt terminal, String variable) {
        int columns = terminal.orElse(UNKNOWN);
        if (terminal.isEmpty() && variable != null && variable.matches("[0-9]{1,6}")) {
            columns = Integer.parseInt(variable);
        }
        return Math.clamp(columns, NARROWEST, WIDEST);
    }

    /** Lays out the help of a command and of those below it. */
    CommandLine applyTo(CommandLine commandLine) {
        commandLine.setCommandName(program);
        commandLine.setUsageHelpWidth(Math.max(width, NARROWEST_LAYOUT));
        fold(commandLine);
        return commandLine;
    }

    private void fold(CommandLine commandLine) {
        Map<String, IHelpSectionRenderer> sections = new LinkedHashMap<>(commandLine.getHelpSectionMap());
        if (width < NARROWEST_LAYOUT) {
            // The codes of colours would be counted as columns.
            commandLine.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
            IHelpSectionRenderer synopsis = sections.get(UsageMessageSpec.SECTION_KEY_SYNOPSIS);
            sections.put(UsageMessageSpec.SECTION_KEY_SYNOPSIS_HEADING, help -> "");
            sections.put(UsageMessageSpec.SECTION_KEY_SYNOPSIS, help -> "Usage: " + synopsis.render(help));
            sections.put(UsageMessageSpec.SECTION_KEY_PARAMETER_LIST, help -> parameters(help.commandSpec()));
            sections.put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, help -> options(help.commandSpec()));
            sections.put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, help -> commands(help.commandSpec()));
            sections.replaceAll((key, renderer) -> help -> folded(renderer.render(help)));
        }
        sections.put(UsageMessageSpec.SECTION_KEY_FOOTER, help -> footer(help.commandSpec().usageMessage().footer()));
        // It holds for the commands below, too.
        commandLine.setHelpSectionMap(sections);
    }

    private static String parameters(CommandSpec spec) {
        return spec.positionalParameters().stream()
                .map(parameter -> entry(parameter.paramLabel(), parameter.description()))
                .collect(Collectors.joining());
    }

    private static String options(CommandSpec spec) {
        return spec.options().stream()
                .sorted(Comparator.comparing(OptionSpec::longestName))
                .map(option ->
                        entry(
                                String.join(", ", option.names())
                                        + (option.arity().max() > 0 ? "=" + option.paramLabel() : ""),
                                option.description()))
                .collect(Collectors.joining());
    }

    private static String commands(CommandSpec spec) {
        return spec.subcommands().entrySet().stream()
                .map(command ->
                        entry(command.getKey(), command.getValue().getCommandSpec().usageMessage().description()[0]))
                .collect(Collectors.joining());
    }

    /** A name, and below it what it is. */
    private static String entry(String name, String... description) {
        return "  " + name + "\n      " + String.join(" ", description) + "\n";
    }

    private String footer(String[] lines) {
        StringBuilder all = new StringBuilder();
        for (String line : lines) {
            String text = line.startsWith(WRITTEN) ? "  " + program + line.substring(WRITTEN.length() - 1) : line;
            all.append(line.startsWith(WRITTEN) ? command(text) : folded(text + "\n"));
        }
        return all.toString();
    }

    private String folded(String text) {
        String folded =
                text.lines().map(line -> lines(line, split(line, false), "", "")).collect(Collectors.joining("\n"));
        return text.endsWith("\n") ? folded + "\n" : folded;
    }

    /** A command over as many lines as it needs. */
    String command(String line) {
        return lines(line, split(line, true), "    ", " \\") + "\n";
    }

    private String lines(String line, List<String> words, String hang, String goesOn) {
        if (line.length() <= width) {
            return line;
        }
        String indent = " ".repeat(line.length() - line.stripLeading().length());
        StringBuilder all = new StringBuilder(indent);
        int length = indent.length();
        boolean first = true;
        for (String word : words) {
            if (!first && length + 1 + word.length() + goesOn.length() > width) {
                all.append(goesOn).append('\n').append(indent).append(hang).append(word);
                length = indent.length() + hang.length() + word.length();
            } else {
                all.append(first ? "" : " ").append(word);
                length += word.length() + (first ? 0 : 1);
            }
            first = false;
        }
        return all.toString();
    }

    /** The words of a line; what stands in single quotes, as a shell reads them, is one. */
    private static List<String> split(String line, boolean quotes) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        boolean quoted = false;
        for (char c : line.strip().toCharArray()) {
            quoted ^= quotes && c == '\'';
            if (c == ' ' && !quoted) {
                words.add(word.toString());
                word.setLength(0);
            } else {
                word.append(c);
            }
        }
        words.add(word.toString());
        return words;
    }
}
