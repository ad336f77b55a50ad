package dev.unmask.train.cli;

import dev.unmask.sample.SamplerOption;

import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

import java.math.BigDecimal;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Refuses values that no option can mean, whatever it is for: a slip of the keyboard, an empty variable of a script. */
final class OptionCheck {
    /** More than any count that a person asks for. */
    private static final long MOST = 1_000_000_000;

    private static final double LARGEST = 1e6;
    private static final double SMALLEST = 1e-12;

    /** Any number will do. */
    private static final Set<String> FREE = Set.of("--seed", "--budgets");

    /** Commands that have it sample, and take the sampler's rules. */
    private static final String SAMPLING = "--repetition-penalty";

    /** What an option is that may be empty. */
    private static final String TEXT = "TEXT";

    private OptionCheck() {}

    /** Refuses the first value that is absurd. */
    static void check(ParseResult parsed) {
        for (ParseResult at = parsed; at != null; at = at.hasSubcommand() ? at.subcommand() : null) {
            for (OptionSpec option : at.matchedOptions()) {
                check(at, option);
            }
        }
    }

    private static void check(ParseResult parsed, OptionSpec option) {
        if (option.arity().max() > 0 && !option.paramLabel().equals(TEXT)) {
            for (String value : option.originalStringValues()) {
                if (value.isBlank()) {
                    throw refused(parsed, option, "\"" + value + "\"", "a value");
                }
            }
        }
        if (FREE.contains(option.longestName())) {
            return;
        }
        values(option.getValue()).forEach(value -> {
            if (value instanceof Integer || value instanceof Long) {
                long number = ((Number) value).longValue();
                if (number < 0 || number > MOST) {
                    throw refused(parsed, option, String.valueOf(value), range(parsed, option, number));
                }
            } else if (value instanceof Double number && !(number == 0 || number >= SMALLEST && number <= LARGEST)) {
                String range = range(parsed, option, number);
                boolean tiny = number > 0 && number < SMALLEST && range.startsWith("0 ");
                throw refused(parsed, option, String.valueOf(value), tiny ? "0, or 1e-12" + range.substring(1) : range);
            }
        });
    }

    /** What the option can be, as far as it is known here: of a rule of sampling what the sampler takes. */
    private static String range(ParseResult parsed, OptionSpec option, double found) {
        Optional<SamplerOption> rule = parsed.commandSpec().findOption(SAMPLING) == null
                ? Optional.empty()
                : SamplerOption.named(option.longestName().substring(2)).filter(named -> named.most() > 0);
        return rule.map(known -> plain(known.least()) + " to " + plain(Math.min(MOST, known.most())))
                .orElse(found < 0 ? "no number below 0" : found > 0 ? "no such extreme number" : "a number");
    }

    private static String plain(double number) {
        return number == 0
                ? "0"
                : BigDecimal.valueOf(number).stripTrailingZeros().toPlainString();
    }

    private static Stream<?> values(Object value) {
        return switch (value) {
            case Optional<?> optional -> optional.stream();
            case Collection<?> many -> many.stream();
            case null -> Stream.empty();
            default -> Stream.of(value);
        };
    }

    private static ParameterException refused(ParseResult parsed, OptionSpec option, String found, String expected) {
        return new ParameterException(
                parsed.commandSpec().commandLine(),
                option.longestName() + ": found " + found + ", expected " + expected);
    }
}
