package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.JsonNode;

import dev.unmask.sample.LogitFilters;
import dev.unmask.sample.Remasking;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.serve.http.ApiException;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A request to write, whether it came as a completion or as a chat.
 *
 * @param sources what is gone on with, at least one
 * @param copies how often each is
 * @param most tokens to be written for each
 * @param stops texts before which writing ends
 * @param top of how many tokens beside the written ones probabilities are wanted; empty: of none, not even of those
 * @param echo whether the prompt is part of the answer
 * @param stream whether the answer comes piece by piece
 * @param usage whether a stream ends with the number of tokens
 * @param sampler how to sample
 * @param seed of what is drawn, if it matters to whoever asks
 */
record WritingRequest(
        List<Source> sources,
        int copies,
        int most,
        List<String> stops,
        OptionalInt top,
        boolean echo,
        boolean stream,
        boolean usage,
        SamplerSettings sampler,
        Optional<Long> seed) {
    private static final int MOST_STOPS = 16;
    private static final int MOST_COPIES = 128;

    static WritingRequest read(Fields fields, ServedModel model, Limits limits, WritingEndpoint.Form form) {
        model.requireNamed(fields);
        List<Source> sources = form.sources(fields, model);
        int copies = fields.integer("n", 1, MOST_COPIES).orElse(1);
        OptionalInt most = OptionalInt.empty();
        for (String name : form.lengthNames()) {
            OptionalInt given = fields.integer(name, 1, Integer.MAX_VALUE);
            most = given.isPresent() ? given : most;
        }
        List<String> stops = fields.texts("stop", MOST_STOPS);
        if (stops.contains("")) {
            throw ApiException.wrong("stop", "stop: found an empty text, expected one to stop before");
        }
        OptionalInt top = form.top(fields);
        boolean echo = form.echo(fields);
        boolean stream = fields.flag("stream", false);
        boolean usage = streamUsage(fields, stream);
        SamplerSettings sampler =
                model.causal()
                        ? SamplerSettings.defaults().withFilters(SamplingFields.filters(fields, LogitFilters.NONE))
                        : SamplingFields.read(fields, model.language().config(), limits.tokens() * 2, limits.time().toSeconds());
        Optional<Long> seed = fields.wide("seed");
        passOver(fields);
        fields.refuseOthers();
        if (top.orElse(0) > 0 && (stream || model.causal() || !sampler.remasking().equals(Remasking.NONE))) {
            throw ApiException.wrong(
                    form.topName(),
                    form.topName()
                            + ": found "
                            + top.getAsInt()
                            + ", expected 0 where the model is causal, the answer a stream, or tokens are masked again");
        }
        return new WritingRequest(
                sources, copies, most.orElse(form.usualLength()), stops, top, echo, stream, usage, sampler, seed);
    }

    private static boolean streamUsage(Fields fields, boolean stream) {
        Optional<JsonNode> options = fields.any("stream_options");
        if (options.isEmpty()) {
            return false;
        }
        if (!stream) {
            throw Fields.wrong("stream_options", options.get(), "none, as \"stream\" is not true");
        }
        if (!options.get().isObject()) {
            throw Fields.wrong("stream_options", options.get(), "an object");
        }
        return options.get().path("include_usage").asBoolean();
    }

    /** What OpenAI's clients send and what changes nothing here; and what would change something, which is refused. */
    private static void passOver(Fields fields) {
        fields.passOver("user", "store", "metadata", "service_tier", "safety_identifier", "prompt_cache_key");
        fields.refuseUnless("presence_penalty", "0", "there is repetition_penalty");
        fields.refuseUnless("frequency_penalty", "0", "there is repetition_penalty");
        fields.refuseUnless("logit_bias", "{}", "no token can be preferred");
        fields.refuseUnless("best_of", "1", "there is /v1/fill with alternatives");
    }

    /** How many texts are written. */
    int texts() {
        return sources.size() * copies;
    }
}
