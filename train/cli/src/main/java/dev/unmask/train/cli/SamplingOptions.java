package dev.unmask.train.cli;

import dev.unmask.sample.Count;
import dev.unmask.sample.Order;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SelectionScope;
import dev.unmask.tensor.InputException;

import picocli.CommandLine.Option;

import java.util.HashSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Options of every command that unmasks. */
final class SamplingOptions {
    @Option(
            names = "--rule",
            defaultValue = "confidence",
            description =
                    "Which masked places are filled first: ancestral (random), confidence, margin, entropy. Default:"
                            + " ${DEFAULT-VALUE}.")
    private String rule;

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
        SMDM
    }

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description =
                    "How tokens are shared among passes: even (default), or smdm: the published floor, whose first"
                            + " passes fill none and whose last fills what is left.")
    private Optional<Schedule> schedule = Optional.empty();

    @Option(
            names = "--temperature",
            paramLabel = "T",
            defaultValue = "0",
            description = "0: always the likeliest token; 1: as the model believes. Default: ${DEFAULT-VALUE}.")
    private double temperature;

    @Option(
            names = "--guidance",
            paramLabel = "W",
            defaultValue = "0",
            description = "Scale of unsupervised classifier-free guidance by the prompt. Default: ${DEFAULT-VALUE}.")
    private double guidance;

    @Option(
            names = "--batch-global",
            description = "Choose the places over the whole batch at once, as the published code does.")
    private boolean batchGlobal;

    @Option(names = "--no-end", description = "Never choose the end-of-text token, so that the text fills its length.")
    private boolean noEnd;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1234", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    long seed() {
        return seed;
    }

    double temperature() {
        return temperature;
    }

    /** The tokens that are never to be chosen. */
    Set<Integer> bannedTokens(LoadedModel loaded) {
        Set<Integer> banned = new HashSet<>(loaded.unassigned());
        if (!noEnd) {
            return banned;
        }
        OptionalInt end = loaded.tokenizer().endOfText();
        if (end.isEmpty()) {
            throw new InputException(
                    "--no-end: the tokenizer has no end-of-text token that could be left out; go without --no-end");
        }
        banned.add(end.getAsInt());
        return banned;
    }

    private boolean ancestral() {
        return rule.equalsIgnoreCase("ancestral");
    }

    private Count count() {
        Count count =
                ancestral()
                        ? new Count.Ancestral(OptionalInt.empty(), Count.Smdm.EPSILON)
                        : schedule.orElse(Schedule.EVEN) == Schedule.EVEN
                                ? Count.oneByOne()
                                : new Count.Smdm(OptionalInt.empty(), Count.Smdm.EPSILON);
        return steps.map(count::withSteps).orElse(count);
    }

    SamplerSettings settings(LoadedModel loaded) {
        if (ancestral() && schedule.isPresent()) {
            throw new InputException(
                    "--schedule: found one beside --rule ancestral, which draws how many tokens a pass fills; go"
                            + " without --schedule, or choose another rule");
        }
        return SamplerSettings.defaults()
                .withOrder(ancestral() ? Order.RANDOM : Order.of(rule))
                .withCount(count())
                .withTemperature(temperature)
                .withGuidance(guidance)
                .withScope(batchGlobal ? SelectionScope.BATCH : SelectionScope.SEQUENCE)
                .withBannedTokens(bannedTokens(loaded))
                .withSeed(seed);
    }
}
