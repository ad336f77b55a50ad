package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.tensor.InputException;

import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Options that train low-rank adapters instead of all weights. */
final class LoraOptions {
    @Option(
            names = "--lora",
            paramLabel = "RANK",
            description =
                    "Train low-rank adapters of this rank beside the frozen weights of --from, and save them alone, as"
                            + " PEFT does. 0: none.")
    private Optional<Integer> rank;

    @Option(
            names = "--lora-alpha",
            paramLabel = "X",
            description = "Adapters are scaled by it / RANK. Default: twice the rank.")
    private Optional<Double> alpha;

    @Option(
            names = "--lora-dropout",
            paramLabel = "RATE",
            description =
                    "Part of what goes into adapters that is dropped at random in training, from 0 to below 1. Default:"
                            + " 0.")
    private Optional<Double> dropout;

    @Option(
            names = "--lora-targets",
            paramLabel = "NAMES",
            split = ",",
            description = "Which matrices get one, by the ends of their names: q_proj,v_proj. Default: all.")
    private List<String> targets = new ArrayList<>();

    /** Lays what was asked for over a configuration's {@code lora}. */
    void applyTo(ObjectNode lora) {
        rank.ifPresent(value -> lora.put("rank", value).put("alpha", 2.0 * value));
        if (lora.path("rank").asInt() == 0 && (alpha.isPresent() || dropout.isPresent() || !targets.isEmpty())) {
            throw new InputException(
                    (alpha.isPresent() ? "--lora-alpha" : dropout.isPresent() ? "--lora-dropout" : "--lora-targets")
                            + ": found no adapters that it would be for, expected their rank by --lora beside it");
        }
        alpha.ifPresent(value -> lora.put("alpha", value));
        dropout.ifPresent(value -> lora.put("dropout", value));
        if (!targets.isEmpty()) {
            ArrayNode names = lora.putArray("targets");
            targets.forEach(names::add);
        }
    }
}
