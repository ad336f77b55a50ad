package dev.unmask.sample.tasks;

import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Final answers of mathematical problems (METHOD §4): found after {@code ####}, freed of units and LaTeX as by
 * Lewkowycz et al. (arXiv 2206.14858), compared as numbers if both are numbers, else as texts.
 */
final class MathAnswer {
    private static final Pattern FINAL = Pattern.compile("#### (.*)$", Pattern.UNIX_LINES);

    /** In this order; a space is none of an answer. */
    private static final List<String> DROPPED = List.of("an ", "a ", "\\$", "\\ ", " ");

    private static final List<String> UNITS =
            List.of(
                    "square",
                    "ways",
                    "integers",
                    "dollars",
                    "mph",
                    "inches",
                    "ft",
                    "hours",
                    "km",
                    "units",
                    "\\ldots",
                    "sue",
                    "points",
                    "feet",
                    "minutes",
                    "digits",
                    "cents",
                    "degrees",
                    "cm",
                    "gm",
                    "pounds",
                    "meters",
                    "meals",
                    "edges",
                    "students",
                    "childrentickets",
                    "multiples",
                    "\\text{s}",
                    "\\text{.}",
                    "\\text{\ns}",
                    "\\text{}^2",
                    "\\text{}^3",
                    "\\text{\n}",
                    "\\text{}",
                    "\\mathrm{th}",
                    "^\\circ",
                    "^{\\circ}",
                    "\\;",
                    ",\\!",
                    "{,}",
                    "\"",
                    "\\dots");

    private static final Pattern MATHEMATICS = Pattern.compile(".*?\\$(.*?)\\$.*", Pattern.UNIX_LINES);
    private static final Pattern TEXT = Pattern.compile("\\\\(?:text|textbf|overline)\\{(.*?)}", Pattern.UNIX_LINES);
    private static final Pattern BOX = Pattern.compile("\\\\boxed\\{(.*)}", Pattern.UNIX_LINES);
    private static final Pattern SHORT_FRACTION = Pattern.compile("frac([^{])(.)", Pattern.UNIX_LINES);
    private static final Pattern SHORT_ROOT = Pattern.compile("sqrt([^{])");
    private static final Pattern DIGITS_AND_COMMAS = Pattern.compile("[0-9,]*[0-9][0-9,]*");

    private static final String NUMBER = "(\\d{1,3}(?:,\\d{3})+(?:\\.\\d+)?|\\d+(?:\\.\\d*)?|\\.\\d+)";
    private static final Pattern PLAIN = Pattern.compile("([-+]?)" + NUMBER);
    private static final Pattern FRACTION =
            Pattern.compile(
                    "([-+]?)(?:" + NUMBER + "/" + NUMBER + "|\\\\[dt]?frac\\{" + NUMBER + "}\\{" + NUMBER + "})");

    private record Rational(BigDecimal above, BigDecimal below) {
        boolean equal(Rational other) {
            return above.multiply(other.below).compareTo(other.above.multiply(below)) == 0;
        }
    }

    private MathAnswer() {}

    /** What stands after the last {@code ####} of a text, to the end of the text; it has no line break. */
    static Optional<String> find(String text) {
        Matcher matcher = FINAL.matcher(text);
        Optional<String> last = Optional.empty();
        while (matcher.find()) {
            last = Optional.of(matcher.group(1));
        }
        return last;
    }

    /** Whether two final answers are the same. */
    static boolean equal(String found, String right) {
        String left = normalised(found);
        String other = normalised(right);
        Optional<Rational> number = number(left);
        Optional<Rational> otherNumber = number(other);
        return number.isPresent() && otherNumber.isPresent()
                ? number.get().equal(otherNumber.get())
                : left.equals(other);
    }

    /** The part after the last equals sign, without units, LaTeX and thousands separators. */
    static String normalised(String answer) {
        String text = answer.substring(answer.lastIndexOf('=') + 1);
        text = text.replace(".$", "$").replace("\\%", "%").replace("mbox", "text");
        for (String dropped : DROPPED) {
            text = text.replace(dropped, "");
        }
        text = text.replace(",\\text{and}", ",").replace("\\text{and}", ",").replace("\\text{m}", "\\text{}");
        for (String unit : UNITS) {
            text = text.replace(unit, "");
        }
        text = MATHEMATICS.matcher(text).replaceAll("$1");
        text = TEXT.matcher(text).replaceAll("$1");
        text = BOX.matcher(text).replaceAll("$1");
        text = SHORT_FRACTION.matcher(text).replaceAll("frac{$1}{$2}");
        text = SHORT_ROOT.matcher(text).replaceAll("sqrt{$1}").replace("$", "");
        return DIGITS_AND_COMMAS.matcher(text).matches() ? text.replace(",", "") : text;
    }

    private static Optional<Rational> number(String text) {
        Matcher plain = PLAIN.matcher(text);
        if (plain.matches()) {
            return Optional.of(new Rational(decimal(plain.group(1), plain.group(2)), BigDecimal.ONE));
        }
        Matcher fraction = FRACTION.matcher(text);
        if (!fraction.matches()) {
            return Optional.empty();
        }
        int first = fraction.group(2) == null ? 4 : 2;
        BigDecimal below = decimal("", fraction.group(first + 1));
        return below.signum() == 0
                ? Optional.empty()
                : Optional.of(new Rational(decimal(fraction.group(1), fraction.group(first)), below));
    }

    private static BigDecimal decimal(String sign, String digits) {
        return new BigDecimal(sign + digits.replace(",", ""));
    }
}
