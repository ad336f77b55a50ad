package dev.unmask.train.cli;

import dev.unmask.sample.ConfidentCount;
import dev.unmask.sample.Count;
import dev.unmask.tensor.InputException;

import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Options of how many tokens a pass fills. */
final class CountOptions {
    @Option(
            names = "--steps",
            paramLabel = "N",
            description =
                    "Passes of the model at the most; with fewer than tokens to fill each fills several. Default: one a"
                            + " token.")
    private Optional<Integer> steps = Optional.empty();

    /** How many tokens a pass fills. */
    enum Schedule {
        EVEN,
        SMDM,
        COSINE,
        ANCESTRAL
    }

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description =
                    "How tokens are shared among passes: even (default), cosine (few at first), ancestral (drawn, as in"
                            + " the reverse process), or smdm: the published floor, whose first passes fill none and"
                            + " whose last fills what is left.")
    private Optional<Schedule> schedule = Optional.empty();

    @Option(
            names = "--threshold",
            paramLabel = "P",
            description =
                    "Instead of a schedule: each pass fills what the model gives P and more, at least one token. Beside"
                            + " --schedule even no more than that allows, and what falls short waits.")
    private Optional<Double> threshold = Optional.empty();

    @Option(
            names = "--factor",
            paramLabel = "F",
            description =
                    "Instead of a schedule: the n-th token in order is filled if the model gives it 1 - F/(n + 1) and"
                            + " more, up to the first that is not.")
    private Optional<Double> factor = Optional.empty();

    @Option(
            names = "--entropy-budget",
            paramLabel = "NATS",
            description =
                    "Instead of a schedule: each pass fills as many tokens as have so much entropy together, the"
                            + " largest not counted.")
    private Optional<Double> entropyBudget = Optional.empty();

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "Instead of a schedule: as many passes as fit into S seconds.")
    private Optional<Double> seconds = Optional.empty();

    /** Passes of the model at the most, if anybody has said. */
    Optional<Integer> steps() {
        return steps;
    }

    /** Says how many passes there are where nobody has. */
    void limit(int value) {
        steps = Optional.of(value);
    }

    /** Those that were given, but for --steps. */
    List<String> rules() {
        List<String> found = new ArrayList<>();
        schedule.ifPresent(value -> found.add("--schedule"));
        threshold.ifPresent(value -> found.add("--threshold"));
        factor.ifPresent(value -> found.add("--factor"));
        entropyBudget.ifPresent(value -> found.add("--entropy-budget"));
        seconds.ifPresent(value -> found.add("--seconds"));
        return found;
    }

    /**
     * The rule.
     *
     * @param usual what nobody's saying means
     * @param ancestral whether the order draws how many there are
     */
    Count count(Count usual, boolean ancestral) {
        List<String> found = rules();
        if (ancestral && !found.isEmpty()) {
            throw new InputException(
                    found.getFirst()
                            + ": found one beside --order ancestral, which draws how many tokens a pass fills; go"
                            + " without "
                            + found.getFirst()
                            + ", or choose --order random");
        }
        boolean waiting = threshold.isPresent() && schedule.equals(Optional.of(Schedule.EVEN)) && found.size() == 2;
        if (found.size() > 1 && !waiting) {
            throw new InputException(
                    found.get(1) + ": found beside " + found.getFirst() + ", expected one of them at the most");
        }
        if (seconds.isPresent() && steps.isPresent()) {
            throw new InputException("--steps: found beside --seconds, which decides how many passes there are");
        }
        OptionalInt open = OptionalInt.empty();
        if (waiting) {
            Count even = new ConfidentCount.EvenThreshold(threshold.get(), open);
            return steps.map(even::withSteps).orElse(even);
        }
        Count count =
                ancestral
                        ? new Count.Ancestral(open, Count.Smdm.EPSILON)
                        : schedule.map(CountOptions::scheduled)
                                .or(() -> threshold.map(value -> new ConfidentCount.Threshold(value, open)))
                                .or(() -> factor.map(value -> new ConfidentCount.Factor(value, open)))
                                .or(() -> entropyBudget.map(value -> new ConfidentCount.EntropyBudget(value, open)))
                                .or(() -> seconds.map(Count.TimeBudget::new))
                                .orElse(usual);
        return steps.map(count::withSteps).orElse(count);
    }

    private static Count scheduled(Schedule schedule) {
        return switch (schedule) {
            case EVEN -> Count.oneByOne();
            case SMDM -> new Count.Smdm(OptionalInt.empty(), Count.Smdm.EPSILON);
            case COSINE -> new Count.Cosine(OptionalInt.empty());
            case ANCESTRAL -> new Count.Ancestral(OptionalInt.empty(), Count.Smdm.EPSILON);
        };
    }
}
