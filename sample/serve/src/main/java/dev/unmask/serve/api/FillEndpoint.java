package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.sample.FillIn;
import dev.unmask.sample.FillSettings;
import dev.unmask.sample.Filling;
import dev.unmask.sample.Sample;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.sample.SamplingListener;
import dev.unmask.sample.SamplingStep;
import dev.unmask.serve.engine.Job;
import dev.unmask.serve.http.ApiException;
import dev.unmask.serve.http.Endpoint;
import dev.unmask.serve.http.EventStream;
import dev.unmask.serve.http.Exchange;
import dev.unmask.serve.http.Front;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** {@code POST /v1/fill}: fills blanks anywhere in a text, step by step if that is wanted. */
final class FillEndpoint implements Endpoint {
    /** Integers that JavaScript tells apart. */
    private static final long MOST_SEED = 1L << 53;

    private static final int MOST_ALTERNATIVES = 100;

    private final Desk desk;
    private final ServedModel model;

    FillEndpoint(Desk desk, ServedModel model) {
        this.desk = desk;
        this.model = model;
    }

    private record Asked(FillIn.Reading reading, long seed, boolean stream) {}

    @Override
    public void answer(Exchange exchange) throws IOException, InterruptedException {
        Asked asked = read(new Fields(exchange.body()));
        int[] ids = asked.reading.sequence(0).ids();
        int masked = (int) model.masked(ids);
        if (masked > desk.limits().tokens()) {
            throw ApiException.refused(
                    413,
                    "too_many_tokens",
                    "found " + masked + " tokens to be filled in, expected at most " + desk.limits().tokens());
        }
        if (asked.stream) {
            stream(exchange, asked, ids);
            return;
        }
        exchange.json(200, whole(asked, fill(exchange, asked)));
    }

    private Asked read(Fields fields) {
        model.requireNamed(fields);
        SamplerSettings sampler =
                SamplingFields.read(fields, model.language().config(), desk.limits().tokens() * 2, desk.limits().time().toSeconds());
        long seed = fields.wide("seed").orElseGet(() -> ThreadLocalRandom.current().nextLong(MOST_SEED));
        int most = model.language().config().maxLength();
        FillSettings settings =
                FillSettings.defaults()
                        .withTokensPerBlank(fields.integer("tokens_per_blank", 1, most).orElse(1))
                        .withAllowSpecial(fields.flag("allow_special", false))
                        .withSampler(sampler.withSeed(seed))
                        .withAlternatives(fields.integer("alternatives", 1, MOST_ALTERNATIVES).orElse(1));
        boolean stream = fields.flag("stream", false);
        Optional<String> text = fields.text("text");
        Optional<String> before = fields.text("before");
        Optional<String> after = fields.text("after");
        Optional<JsonNode> tokens = fields.any("tokens");
        fields.refuseOthers();
        FillIn fillIn = desk.engine().workshop().fillIn();
        if ((text.isPresent() ? 1 : 0) + (tokens.isPresent() ? 1 : 0) + (before.or(() -> after).isPresent() ? 1 : 0) != 1) {
            throw ApiException.wrong(
                    "text", "text: expected one of text with blanks, before and after of one blank, or tokens");
        }
        FillIn.Reading reading =
                text.map(value -> fillIn.read(value, settings))
                        .or(() -> tokens.map(value -> fillIn.masked(model.ids("tokens", value), settings)))
                        .orElseGet(() -> fillIn.between(before.orElse(""), after.orElse(""), settings));
        return new Asked(reading, seed, stream);
    }

    private List<Filling> fill(Exchange exchange, Asked asked) throws IOException, InterruptedException {
        if (asked.reading.single()) {
            Job.Masked job = new Job.Masked(List.of(asked.reading.sequence(0)), asked.reading.sampler());
            return List.of(asked.reading.filling(desk.result(exchange, job).getFirst()));
        }
        return desk.result(
                exchange,
                new Job.Computation<>(
                        "alternatives",
                        waiting ->
                                desk.engine()
                                        .workshop()
                                        .fillIn()
                                        .fill(asked.reading, SamplingListener.until(waiting))));
    }

    private void stream(Exchange exchange, Asked asked, int[] ids) throws IOException, InterruptedException {
        if (!asked.reading.single()) {
            throw ApiException.wrong(
                    "stream", "stream: found alternatives, which are searched for all at once; go without stream");
        }
        Job.Masked job = new Job.Masked(List.of(asked.reading.sequence(0)), asked.reading.sampler());
        // Whether it is taken in is said by the status, before the stream begins.
        var ticket = desk.submit(job, true);
        EventStream events;
        try {
            events = exchange.events();
            ObjectNode start = Json.object();
            start.set("tokens", model.tokens(ids, Map.of()));
            start.put("seed", asked.seed);
            events.event("start", start);
        } catch (IOException gone) {
            ticket.cancel();
            throw gone;
        }
        try {
            List<Sample> done =
                    desk.result(exchange, ticket, (its, step) -> events.event("step", step(step.index(), step.steps(), step.progress())));
            events.event("done", whole(asked, List.of(asked.reading.filling(done.getFirst()))));
        } catch (ApiException failed) {
            events.event("error", Front.describe(failed));
        }
        events.end("");
    }

    private ObjectNode step(int index, int steps, SamplingStep.Progress progress) {
        ObjectNode event = Json.object();
        event.put("step", index + 1).put("steps", steps).put("evaluations", progress.evaluations());
        ArrayNode placed = event.putArray("placed");
        for (int i = 0; i < progress.unmasked().length; i++) {
            int position = progress.unmasked()[i];
            int id = progress.ids()[position];
            placed.addObject()
                    .put("position", position)
                    .put("id", id)
                    .put("text", model.pieces().text(id))
                    .put("log_probability", progress.logConfidence()[i]);
        }
        ArrayNode masked = event.putArray("masked");
        for (int position : progress.remasked()) {
            masked.add(position);
        }
        return event;
    }

    private ObjectNode whole(Asked asked, List<Filling> fillings) {
        ObjectNode answer = Json.object();
        answer.put("id", Json.id("fill"));
        answer.put("object", "text_filling");
        answer.put("created", Json.now());
        answer.put("model", model.name());
        ArrayNode all = answer.putArray("fillings");
        int written = 0;
        for (Filling filling : fillings) {
            ObjectNode described = all.addObject();
            described.put("text", filling.text());
            described.put("log_probability", filling.logConfidence());
            Map<Integer, Float> found = new HashMap<>();
            ArrayNode blanks = described.putArray("blanks");
            for (Filling.Blank blank : filling.blanks()) {
                ObjectNode one = blanks.addObject();
                one.put("text", blank.text()).put("position", blank.position());
                ArrayNode ids = one.putArray("tokens");
                blank.tokens().forEach(ids::add);
                one.put("log_probability", blank.logConfidence());
                for (int i = 0; i < blank.tokens().size(); i++) {
                    found.put(blank.position() + i, blank.logConfidences().get(i));
                }
            }
            described.set(
                    "tokens",
                    model.tokens(filling.tokens().stream().mapToInt(Integer::intValue).toArray(), found));
            written += found.size();
        }
        answer.put("seed", asked.seed);
        Filling first = fillings.getFirst();
        int given = first.tokens().size() - first.blanks().stream().mapToInt(blank -> blank.tokens().size()).sum();
        answer.set("usage", model.usage(given, written, first.evaluations()));
        desk.metrics().written(given, written, first.evaluations());
        return answer;
    }
}
