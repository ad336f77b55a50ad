package dev.unmask.sample;

import dev.unmask.tensor.InputException;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Which masked positions a sampling step unmasks (METHOD §4). */
public enum UnmaskingRule {
    /**
     * Ancestral sampling of the reverse process: each masked position independently, with probability {@code 1 - s/t};
     * the published code calls it {@code origin}.
     */
    ANCESTRAL("ancestral", "origin"),
    /** The positions whose proposed token is most probable (MaskGIT); the published code calls it {@code greedy}. */
    CONFIDENCE("confidence", "greedy"),
    /** The positions where the most probable token leads the second by most. */
    MARGIN("margin", "margin"),
    /** The positions whose distribution has the least entropy. */
    ENTROPY("entropy", "entropy");

    private final String label;
    private final String published;

    UnmaskingRule(String label, String published) {
        this.label = label;
        this.published = published;
    }

    /**
     * What flags and files call this rule.
     *
     * @return a lower-case word
     */
    public String label() {
        return label;
    }

    /**
     * Finds a rule by its label or by the name that the published code gives it.
     *
     * @param name for example {@code confidence} or {@code greedy}
     * @return the rule
     * @throws InputException if there is none of that name
     */
    public static UnmaskingRule of(String name) {
        String wanted = name.toLowerCase(Locale.ROOT);
        for (UnmaskingRule rule : values()) {
            if (rule.label.equals(wanted) || rule.published.equals(wanted)) {
                return rule;
            }
        }
        String known = Arrays.stream(values()).map(UnmaskingRule::label).collect(Collectors.joining(", "));
        throw new InputException("unmasking rule: found " + name + ", expected one of " + known);
    }
}
