package dev.unmask.train.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;
import dev.unmask.tensor.InputException;
import dev.unmask.train.RunConfig;
import dev.unmask.train.TrainerSettings;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A run that goes on, perhaps otherwise than it began.
 *
 * @param before the configuration of its checkpoint
 * @param now the configuration it is to go on with
 * @param step steps done
 */
record Resumption(RunConfig before, RunConfig now, long step) {
    /** What a run is: to change one of these is to begin another run. */
    private static final Set<String> FIXED =
            Set.of(
                    "preset",
                    "causal",
                    "from",
                    "lora.rank",
                    "lora.alpha",
                    "lora.dropout",
                    "lora.targets",
                    "blocks.length",
                    "data.documents",
                    "data.vocabulary",
                    "data.validation_fraction");

    /** Compared by content, not by name, where they are read. */
    private static final Set<String> NAMES = Set.of("data.sources", "data.tokenizer");

    /** Refuses what cannot change, and says in sentences what does. */
    List<String> changes() {
        Map<String, JsonNode> old = leaves(StrictJson.tree(before));
        List<String> changes = new ArrayList<>();
        leaves(StrictJson.tree(now))
                .forEach((key, value) -> {
                    JsonNode was = old.get(key);
                    if (value.equals(was) || NAMES.contains(key)) {
                        return;
                    }
                    if (FIXED.contains(key)) {
                        throw new InputException(
                                "--resume: "
                                        + key
                                        + ": found "
                                        + value
                                        + ", but the run began with "
                                        + was
                                        + ", which it keeps; leave the option out, or begin a new run by --from and"
                                        + " another --out");
                    }
                    changes.add(key + " is " + value + " from here on, it was " + was);
                });
        requireTokenizer();
        requireSteps();
        learningRate(changes);
        return changes;
    }

    private void requireTokenizer() {
        if (now.data().tokenizer().equals("bpe") && !before.data().tokenizer().equals("bpe")) {
            throw new InputException(
                    "--resume: --tokenizer: found bpe, but the run began with "
                            + before.data().tokenizer()
                            + ", which it keeps; leave the option out");
        }
    }

    private void requireSteps() {
        if (now.trainer().steps() < step) {
            throw new InputException(
                    "--steps: found "
                            + now.trainer().steps()
                            + ", but the run has made "
                            + step
                            + " steps already; pass more to go on");
        }
    }

    private void learningRate(List<String> changes) {
        double planned = rate(before.trainer());
        double rate = rate(now.trainer());
        if (step == now.trainer().steps()) {
            changes.add("the run has made all of its " + step + " steps; to go on pass more by --steps");
        } else if (rate != planned) {
            changes.add(
                    String.format(
                            Locale.ROOT,
                            "the learning rate goes on from %.3g, by the schedule before it would be %.3g",
                            rate,
                            planned));
        }
    }

    private double rate(TrainerSettings settings) {
        return settings.learningRate().at(step, settings.steps());
    }

    private static Map<String, JsonNode> leaves(ObjectNode tree) {
        Map<String, JsonNode> leaves = new TreeMap<>();
        collect(tree, "", leaves);
        return leaves;
    }

    private static void collect(ObjectNode tree, String prefix, Map<String, JsonNode> into) {
        tree.properties()
                .forEach(field -> {
                    if (field.getValue() instanceof ObjectNode inner) {
                        collect(inner, prefix + field.getKey() + ".", into);
                    } else {
                        into.put(prefix + field.getKey(), field.getValue());
                    }
                });
    }
}
