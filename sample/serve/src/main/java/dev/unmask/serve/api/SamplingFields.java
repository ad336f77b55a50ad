package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.JsonNode;

import dev.unmask.model.ModelConfig;
import dev.unmask.sample.Caching;
import dev.unmask.sample.LogitFilters;
import dev.unmask.sample.SamplerOption;
import dev.unmask.sample.SamplerOptions;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.serve.http.ApiException;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** The fields that say how to sample: the options of the sampler by their labels. */
final class SamplingFields {
    private static final Set<SamplerOption> FILTERS =
            EnumSet.of(
                    SamplerOption.TEMPERATURE,
                    SamplerOption.TOP_K,
                    SamplerOption.TOP_P,
                    SamplerOption.REPETITION_PENALTY);

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
        try {
            SamplerOptions options = new SamplerOptions();
            for (SamplerOption option : SamplerOption.values()) {
                double most =
                        switch (option) {
                            case STEPS -> mostSteps;
                            case SECONDS -> mostSeconds;
                            default -> option.most();
                        };
                options.with(option, value(fields, option, most));
            }
            SamplerSettings settings = options.settings(SamplerSettings.defaults(model));
            if (settings.caching() == Caching.EXACT && model.network().blockLength() == 0) {
                throw ApiException.wrong(
                        "cache",
                        "cache: found exact, expected one of none, prefix, dual, delayed: in this model every position"
                                + " sees every other");
            }
            return settings;
        } catch (SamplerOptions.RefusedException e) {
            throw ApiException.wrong(e.option().label(), e.getMessage());
        }
    }

    /** What is done with logits before a token is chosen. */
    static LogitFilters filters(Fields fields, LogitFilters usual) {
        SamplerOptions options = new SamplerOptions();
        FILTERS.forEach(option -> options.with(option, value(fields, option, option.most())));
        return options.filters(usual);
    }

    private static Optional<?> value(Fields fields, SamplerOption option, double most) {
        String name = option.label();
        return switch (option.kind()) {
            case WORD -> fields.word(name, option.words());
            case WHOLE -> {
                OptionalInt found = fields.integer(name, (int) option.least(), (int) most);
                yield found.isPresent() ? Optional.of(found.getAsInt()) : Optional.empty();
            }
            case NUMBER -> fields.number(name, option.least(), most);
            case INTERVAL -> fields.any(name).map(value -> interval(name, value));
        };
    }

    private static List<Double> interval(String name, JsonNode value) {
        List<Double> ends = new ArrayList<>();
        for (JsonNode end : Fields.list(name, value, 2)) {
            if (!end.isNumber()) {
                throw Fields.wrong(name, value, "two numbers, such as [0.3, 1]");
            }
            ends.add(end.doubleValue());
        }
        return ends;
    }
}
