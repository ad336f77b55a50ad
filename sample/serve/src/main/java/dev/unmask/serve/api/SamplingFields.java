package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.JsonNode;

import dev.unmask.model.ModelConfig;
import dev.unmask.sample.Blocks;
import dev.unmask.sample.Caching;
import dev.unmask.sample.ConfidentCount;
import dev.unmask.sample.Count;
import dev.unmask.sample.Guidance;
import dev.unmask.sample.LogitFilters;
import dev.unmask.sample.Order;
import dev.unmask.sample.Remasking;
import dev.unmask.sample.SamplerPreset;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.serve.http.ApiException;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The fields that say how to sample, named as the options of the command line are. */
final class SamplingFields {
    private static final double MOST_TEMPERATURE = 100;
    private static final double MOST_GUIDANCE = 1000;
    private static final List<String> COUNTS =
            List.of("schedule", "threshold", "factor", "entropy_budget", "seconds");

    private SamplingFields() {}

    /**
     * Reads them.
     *
     * @param fields of a request
     * @param model is sampled from
     * @param mostSteps passes that may be asked for
     * @param mostSeconds that may be asked for
     */
    static SamplerSettings read(Fields fields, ModelConfig model, int mostSteps, double mostSeconds) {
        Optional<SamplerPreset> named =
                fields.word("sampler", Arrays.stream(SamplerPreset.values()).map(SamplerPreset::label).toList())
                        .map(SamplerPreset::of);
        SamplerSettings preset = named.map(SamplerPreset::settings).orElse(SamplerSettings.defaults(model));
        Order order =
                fields.word("order", Order.all().stream().map(Order::label).toList())
                        .map(Order::of)
                        .orElse(preset.order());
        double noise = fields.number("order_temperature", 0, MOST_TEMPERATURE).orElse(0.0);
        return preset.withRemasking(Remasking.NONE)
                .withOrder(order.randomized(noise))
                .withCount(count(fields, preset.count(), mostSteps, mostSeconds))
                .withRemasking(remasking(fields, preset.remasking()))
                .withBlocks(block(fields, preset.blocks()))
                .withGuidance(guidance(fields, preset.guidance()))
                .withCaching(caching(fields, model, preset.caching()))
                .withFilters(filters(fields, preset.filters()));
    }

    /** What is done with logits before a token is chosen. */
    static LogitFilters filters(Fields fields, LogitFilters usual) {
        return new LogitFilters(
                fields.number("temperature", 0, MOST_TEMPERATURE).orElse(usual.temperature()),
                fields.integer("top_k", 0, Integer.MAX_VALUE).orElse(usual.topK()),
                fields.number("top_p", 0, 1).orElse(usual.topP()),
                fields.number("repetition_penalty", 1e-3, 1e3).orElse(usual.repetitionPenalty()),
                usual.banned());
    }

    private static Count count(Fields fields, Count usual, int mostSteps, double mostSeconds) {
        OptionalInt open = OptionalInt.empty();
        List<String> given = COUNTS.stream().filter(name -> fields.any(name).isPresent()).toList();
        if (given.size() > 1) {
            throw ApiException.wrong(
                    given.get(1), given.get(1) + ": found beside " + given.getFirst() + ", expected one of them");
        }
        Optional<Count> scheduled =
                fields.word("schedule", List.of("even", "smdm", "cosine", "ancestral"))
                        .map(name ->
                                switch (name) {
                                    case "even" -> Count.oneByOne();
                                    case "smdm" -> new Count.Smdm(open, Count.Smdm.EPSILON);
                                    case "cosine" -> new Count.Cosine(open);
                                    default -> new Count.Ancestral(open, Count.Smdm.EPSILON);
                                });
        Count count =
                scheduled
                        .or(() -> fields.number("threshold", 0, 1).map(value -> new ConfidentCount.Threshold(value, open)))
                        .or(() -> fields.number("factor", 0, MOST_TEMPERATURE).map(value -> new ConfidentCount.Factor(value, open)))
                        .or(() ->
                                fields.number("entropy_budget", 0, MOST_TEMPERATURE)
                                        .map(value -> new ConfidentCount.EntropyBudget(value, open)))
                        .or(() -> fields.number("seconds", 1e-3, mostSeconds).map(Count.TimeBudget::new))
                        .orElse(usual);
        OptionalInt steps = fields.integer("steps", 1, mostSteps);
        if (steps.isPresent() && count instanceof Count.TimeBudget) {
            throw ApiException.wrong("steps", "steps: found beside seconds, which decides how many passes there are");
        }
        return steps.isPresent() ? count.withSteps(steps.getAsInt()) : count;
    }

    private static Remasking remasking(Fields fields, Remasking usual) {
        Optional<String> name =
                fields.word("remasking", List.of("none", "p2", "remdm_cap", "remdm_rescale", "remdm_conf", "edit"));
        Optional<Double> strength = fields.number("remasking_strength", 0, MOST_GUIDANCE);
        if (name.isEmpty() && strength.isPresent()) {
            throw ApiException.wrong(
                    "remasking_strength", "remasking_strength: found without remasking, whose strength it is");
        }
        return name.map(kind ->
                        switch (kind) {
                            case "p2" -> new Remasking.PathPlanning(strength.orElse(1.0));
                            case "remdm_cap" ->
                                    new Remasking.Remdm(Remasking.Remdm.Kind.CAP, strength.orElse(0.1));
                            case "remdm_rescale" ->
                                    new Remasking.Remdm(Remasking.Remdm.Kind.RESCALE, strength.orElse(0.1));
                            case "remdm_conf" ->
                                    new Remasking.Remdm(Remasking.Remdm.Kind.CONFIDENCE, strength.orElse(1.0));
                            case "edit" ->
                                    new Remasking.Editing(
                                            strength.orElse(Remasking.Editing.PUBLISHED.threshold()),
                                            Remasking.Editing.PUBLISHED.extraPasses());
                            default -> Remasking.NONE;
                        })
                .orElse(usual);
    }

    private static Blocks block(Fields fields, Blocks usual) {
        OptionalInt length = fields.integer("block_length", 1, Integer.MAX_VALUE);
        return length.isPresent() ? Blocks.of(length.getAsInt()) : usual;
    }

    private static Guidance guidance(Fields fields, Guidance usual) {
        double scale = fields.number("guidance", 0, MOST_GUIDANCE).orElse(usual.scale());
        Optional<JsonNode> interval = fields.any("guidance_interval");
        if (interval.isEmpty()) {
            return new Guidance(scale, usual.from(), usual.to());
        }
        JsonNode ends = Fields.list("guidance_interval", interval.get(), 2);
        if (ends.size() != 2 || !ends.get(0).isNumber() || !ends.get(1).isNumber()) {
            throw Fields.wrong("guidance_interval", ends, "two numbers, such as [0.3, 1]");
        }
        return new Guidance(scale, ends.get(0).doubleValue(), ends.get(1).doubleValue());
    }

    private static Caching caching(Fields fields, ModelConfig model, Caching usual) {
        List<String> names =
                model.network().blockLength() > 0
                        ? List.of("none", "prefix", "dual", "delayed", "exact")
                        : List.of("none", "prefix", "dual", "delayed");
        Optional<String> name = fields.word("cache", names);
        OptionalInt refresh = fields.integer("cache_refresh", 1, 1_000_000);
        if (refresh.isPresent() && !name.equals(Optional.of("delayed"))) {
            throw ApiException.wrong(
                    "cache_refresh", "cache_refresh: found without cache delayed, to which it belongs");
        }
        return name.map(kind ->
                        switch (kind) {
                            case "prefix" -> Caching.PREFIX;
                            case "dual" -> Caching.DUAL;
                            case "exact" -> Caching.EXACT;
                            case "delayed" -> new Caching.Delayed(refresh.orElse(8));
                            default -> Caching.NONE;
                        })
                .orElse(usual);
    }
}
