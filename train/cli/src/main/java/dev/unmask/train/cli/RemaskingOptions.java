package dev.unmask.train.cli;

import dev.unmask.sample.Remasking;
import dev.unmask.tensor.InputException;

import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** Options of what becomes of tokens that were filled in before. */
final class RemaskingOptions {
    /** What becomes of tokens that were filled in before. */
    enum Again {
        NONE,
        P2,
        REMDM_CAP,
        REMDM_RESCALE,
        REMDM_CONF,
        EDIT;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    @Option(
            names = "--remasking",
            paramLabel = "NAME",
            description =
                    "What becomes of tokens filled in before: none (default), p2 (the worst of all are masked again),"
                            + " remdm-cap, remdm-rescale, remdm-conf (some are, by chance), edit (replaced where the"
                            + " model is sure of another).")
    private Optional<String> remasking = Optional.empty();

    @Option(
            names = "--remasking-strength",
            paramLabel = "X",
            description =
                    "p2: 0 keeps all, 1 treats them like others. Default: 1. remdm: the chance, or its share. Default:"
                            + " 0.1, remdm-conf 1. edit: what the model must give the other token. Default: 0.9.")
    private Optional<Double> strength = Optional.empty();

    /** Those that were given. */
    List<String> given() {
        List<String> found = new ArrayList<>();
        remasking.ifPresent(value -> found.add("--remasking"));
        strength.ifPresent(value -> found.add("--remasking-strength"));
        return found;
    }

    /** What becomes of them; what nobody says is as usual. */
    Remasking remasking(Remasking usual) {
        if (remasking.isEmpty()) {
            if (strength.isPresent()) {
                throw new InputException("--remasking-strength: found without --remasking, whose strength it is");
            }
            return usual;
        }
        Again again = again(remasking.get());
        return switch (again) {
            case NONE -> Remasking.NONE;
            case P2 -> new Remasking.PathPlanning(strength.orElse(1.0));
            case REMDM_CAP -> new Remasking.Remdm(Remasking.Remdm.Kind.CAP, strength.orElse(0.1));
            case REMDM_RESCALE -> new Remasking.Remdm(Remasking.Remdm.Kind.RESCALE, strength.orElse(0.1));
            case REMDM_CONF -> new Remasking.Remdm(Remasking.Remdm.Kind.CONFIDENCE, strength.orElse(1.0));
            case EDIT ->
                    new Remasking.Editing(
                            strength.orElse(Remasking.Editing.PUBLISHED.threshold()),
                            Remasking.Editing.PUBLISHED.extraPasses());
        };
    }

    private static Again again(String name) {
        for (Again again : Again.values()) {
            if (again.toString().equalsIgnoreCase(name.replace('_', '-'))) {
                return again;
            }
        }
        String known = Arrays.stream(Again.values()).map(Again::toString).collect(Collectors.joining(", "));
        throw new InputException("--remasking: found " + name + ", expected one of " + known);
    }
}
