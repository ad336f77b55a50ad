package dev.unmask.train.cli;

import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What is said of arguments that the command line cannot take: what was found, what was expected, what is near it. */
final class Refusal {
    private static final Map<Class<?>, String> EXPECTED =
            Map.of(
                    int.class, "a whole number",
                    Integer.class, "a whole number",
                    long.class, "a whole number",
                    Long.class, "a whole number",
                    double.class, "a number",
                    Double.class, "a number");

    private Refusal() {}

    static String of(ParameterException refused) {
        if (refused instanceof UnmatchedArgumentException unmatched) {
            return unmatched(unmatched);
        }
        ArgSpec argument = refused.getArgSpec();
        String value = refused.getValue();
        if (argument == null || value == null) {
            return refused.getMessage();
        }
        return expected(argument, refused.getCause())
                .map(expected -> name(argument) + ": found " + value + ", expected " + expected)
                .orElse(refused.getMessage());
    }

    private static String unmatched(UnmatchedArgumentException refused) {
        String found = refused.getUnmatched().getFirst();
        boolean commands =
                !refused.getCommandLine().getSubcommands().isEmpty()
                        && refused.getCommandLine().getCommandSpec().positionalParameters().isEmpty();
        if (refused.isUnknownOption()) {
            return found + ": there is no such option" + near(refused);
        }
        if (commands) {
            return found + ": there is no such command" + near(refused);
        }
        return found + ": found one argument too many; a text or a path with blanks in it is written between quotes";
    }

    private static String near(UnmatchedArgumentException refused) {
        List<String> near = refused.getSuggestions();
        return near.isEmpty() ? "" : "; did you mean " + alternatives(near.subList(0, Math.min(3, near.size()))) + "?";
    }

    private static Optional<String> expected(ArgSpec argument, Throwable cause) {
        Class<?>[] inner = argument.typeInfo().getAuxiliaryTypes();
        Class<?> type = inner.length == 0 ? argument.type() : inner[0];
        if (type.isEnum()) {
            return Optional.of(
                    alternatives(
                            Arrays.stream(type.getEnumConstants())
                                    .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
                                    .toList()));
        }
        // What a converter of our own says is better.
        return cause instanceof TypeConversionException && argument.converters().length > 0
                ? Optional.empty()
                : Optional.ofNullable(EXPECTED.get(type));
    }

    private static String alternatives(List<String> all) {
        int last = all.size() - 1;
        return last < 1
                ? String.join("", all)
                : all.subList(0, last).stream().collect(Collectors.joining(", ")) + " or " + all.get(last);
    }

    private static String name(ArgSpec argument) {
        return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    }
}
