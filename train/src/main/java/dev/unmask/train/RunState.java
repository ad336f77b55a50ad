package dev.unmask.train;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.json.StrictJson;

import java.util.Optional;

/**
 * What a checkpoint keeps of its run beside weights, moments and step.
 *
 * @param config what the run was told; empty: nothing, for a run whose program knows
 * @param text the SHA-256 of the text that it trains on; empty: nobody has told
 * @param frozen tells the weights under adapters from others; empty: none are frozen
 */
public record RunState(Optional<RunConfig> config, Optional<String> text, Optional<String> frozen) {
    /** Of a run whose program knows everything else. */
    public static final RunState NONE = new RunState(Optional.empty(), Optional.empty(), Optional.empty());

    private static final String CONFIG = "config";
    private static final String TEXT = "text_sha256";
    private static final String FROZEN = "base_fingerprint";

    /** The last step that a state names, which is read where the rest may not be. */
    static Optional<Long> lastStep(ObjectNode state) {
        var steps = state.path(CONFIG).path("trainer").path("steps");
        return steps.canConvertToLong() ? Optional.of(steps.asLong()) : Optional.empty();
    }

    /**
     * Reads a state. A key that the configuration lacks, as those of older versions do, is as in the defaults.
     *
     * @param state the JSON
     * @param source what messages call it
     */
    static RunState of(ObjectNode state, String source) {
        Optional<RunConfig> config =
                state.get(CONFIG) instanceof ObjectNode saved ? Optional.of(config(saved, source)) : Optional.empty();
        return new RunState(config, text(state, TEXT), text(state, FROZEN));
    }

    private static Optional<String> text(ObjectNode state, String key) {
        return Optional.of(state.path(key).asText()).filter(value -> !value.isEmpty());
    }

    private static RunConfig config(ObjectNode saved, String source) {
        ObjectNode all = StrictJson.tree(RunConfig.defaults("tiny", 1));
        StrictJson.overlay(all, saved, source);
        return StrictJson.bind(all, RunConfig.class, source);
    }

    /** The state as JSON, to which a checkpoint adds what it knows. */
    ObjectNode json() {
        ObjectNode state = StrictJson.parse("{}", "state");
        config.ifPresent(value -> state.set(CONFIG, StrictJson.tree(value)));
        text.ifPresent(value -> state.put(TEXT, value));
        frozen.ifPresent(value -> state.put(FROZEN, value));
        return state;
    }
}
