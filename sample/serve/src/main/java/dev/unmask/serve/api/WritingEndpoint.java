package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.sample.Sample;
import dev.unmask.serve.engine.Job;
import dev.unmask.serve.engine.Ticket;
import dev.unmask.serve.http.ApiException;
import dev.unmask.serve.http.Endpoint;
import dev.unmask.serve.http.EventStream;
import dev.unmask.serve.http.Exchange;
import dev.unmask.serve.http.Front;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Goes on with texts, in one of the forms that OpenAI has for it. */
final class WritingEndpoint implements Endpoint {
    private final Desk desk;
    private final ServedModel model;
    private final Form form;
    private final WritingPlanner planner;

    WritingEndpoint(Desk desk, ServedModel model, Form form) {
        this.desk = desk;
        this.model = model;
        this.form = form;
        this.planner = new WritingPlanner(desk, model);
    }

    /** How requests and answers look. */
    interface Form {
        /** What is gone on with, at least one. */
        List<Source> sources(Fields fields, ServedModel model);

        /** Fields that say how many tokens to write. */
        List<String> lengthNames();

        /** How many, if none says so. */
        int usualLength();

        /** Of how many tokens beside the written ones probabilities are wanted. */
        OptionalInt top(Fields fields);

        /** The field that says so. */
        String topName();

        /** Whether the prompt is part of the answer. */
        boolean echo(Fields fields);

        /** What an answer is called. */
        String object(boolean chunk);

        /** What ids of answers begin with. */
        String kind();

        /** A whole choice. */
        ObjectNode choice(Piece piece);

        /** A part of a choice. */
        ObjectNode part(Piece piece, boolean first);
    }

    /**
     * A choice, or a part of one.
     *
     * @param tokens what is known of its tokens, if that is wanted
     * @param finish why it ended, if it did
     */
    record Piece(int index, String text, Optional<ArrayNode> tokens, Optional<String> finish) {}

    @Override
    public void answer(Exchange exchange) throws IOException, InterruptedException {
        WritingRequest request = WritingRequest.read(new Fields(exchange.body()), model, desk.limits(), form);
        WritingPlanner.Plan plan = planner.plan(request);
        boolean watched =
                model.causal() || request.stream() || !request.stops().isEmpty() || request.top().orElse(0) > 0;
        Ticket<List<Sample>> ticket = desk.submit(plan.job(), watched);
        if (request.stream()) {
            stream(exchange, request, plan.texts(), ticket);
        } else {
            whole(exchange, request, plan, ticket);
        }
    }

    private void whole(Exchange exchange, WritingRequest request, WritingPlanner.Plan plan, Ticket<List<Sample>> ticket)
            throws IOException, InterruptedException {
        List<WrittenText> texts = plan.texts();
        List<Sample> samples =
                desk.result(exchange, ticket, (its, step) -> step(its, step, texts.get(step.sequence())));
        List<List<List<LikelyToken>>> likely = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            texts.get(i).done(samples.get(i));
            likely.add(likely(exchange, request, plan.banned(), texts.get(i)));
        }
        ObjectNode answer = head(Json.id(form.kind()), Json.now(), false);
        ArrayNode choices = answer.putArray("choices");
        for (int i = 0; i < texts.size(); i++) {
            WrittenText text = texts.get(i);
            Optional<ArrayNode> tokens =
                    request.top().isPresent() ? Optional.of(described(text.tokens(), likely.get(i))) : Optional.empty();
            choices.add(
                    form.choice(
                            new Piece(i, echoed(request, i) + text.text(), tokens, Optional.of(text.finishReason()))));
        }
        answer.set("usage", usage(request, texts, samples));
        exchange.json(200, answer);
    }

    private static void step(Ticket<List<Sample>> ticket, Ticket.Event.Step<List<Sample>> step, WrittenText text) {
        text.step(step.progress());
        if (text.ended()) {
            ticket.enough(step.sequence());
        }
    }

    /** Of each token of a text those that were the likeliest when it was placed. */
    private List<List<LikelyToken>> likely(
            Exchange exchange, WritingRequest request, Set<Integer> banned, WrittenText text)
            throws IOException, InterruptedException {
        if (request.top().orElse(0) == 0) {
            return List.of();
        }
        List<WrittenText.Token> tokens = text.tokens();
        return desk.result(
                exchange,
                new Job.Computation<>(
                        "likely",
                        waiting -> {
                            LikelyTokens likely = new LikelyTokens(desk.engine().workshop(), banned);
                            double guidance = request.sampler().guidance().scale();
                            return tokens.stream()
                                    .map(token ->
                                            likely.at(
                                                    text.before(token),
                                                    token.position(),
                                                    guidance,
                                                    request.top().getAsInt(),
                                                    waiting))
                                    .toList();
                        }));
    }

    private ArrayNode described(List<WrittenText.Token> tokens, List<List<LikelyToken>> likely) {
        ArrayNode all = Json.list();
        for (int i = 0; i < tokens.size(); i++) {
            WrittenText.Token token = tokens.get(i);
            ObjectNode one =
                    all.addObject()
                            .put("token", token.text())
                            .put("logprob", token.logProbability())
                            .put("offset", token.offset());
            ArrayNode top = one.putArray("top");
            if (!likely.isEmpty()) {
                likely.get(i)
                        .forEach(other ->
                                top.addObject()
                                        .put("token", model.pieces().text(other.id()))
                                        .put("logprob", other.logProbability()));
            }
        }
        return all;
    }

    private void stream(Exchange exchange, WritingRequest request, List<WrittenText> texts, Ticket<List<Sample>> ticket)
            throws IOException, InterruptedException {
        Chunks chunks = new Chunks(request, texts, exchange.events());
        try {
            List<Sample> samples =
                    desk.result(
                            exchange,
                            ticket,
                            (its, step) -> {
                                step(its, step, texts.get(step.sequence()));
                                chunks.more(step.sequence());
                            });
            for (int i = 0; i < texts.size(); i++) {
                texts.get(i).done(samples.get(i));
                chunks.last(i);
            }
            chunks.usage(usage(request, texts, samples));
        } catch (ApiException failed) {
            chunks.events.data(Front.describe(failed));
        }
        chunks.events.end("data: [DONE]\n\n");
    }

    /** An answer that goes out in parts, while it is written. */
    private final class Chunks {
        private final WritingRequest request;
        private final List<WrittenText> texts;
        private final EventStream events;
        private final boolean[] begun;
        private final String id = Json.id(form.kind());
        private final long created = Json.now();

        Chunks(WritingRequest request, List<WrittenText> texts, EventStream events) {
            this.request = request;
            this.texts = texts;
            this.events = events;
            this.begun = new boolean[texts.size()];
        }

        /** What was written of a text since its last part, if anything. */
        void more(int index) throws IOException {
            String more = texts.get(index).more(false);
            if (!more.isEmpty()) {
                send(index, more, false);
            }
        }

        /** The end of a text. */
        void last(int index) throws IOException {
            send(index, texts.get(index).more(true), true);
        }

        /** What it took, where that was asked for. */
        void usage(ObjectNode usage) throws IOException {
            if (request.usage()) {
                ObjectNode chunk = head(id, created, true);
                chunk.putArray("choices");
                chunk.set("usage", usage);
                events.data(chunk);
            }
        }

        private void send(int index, String more, boolean last) throws IOException {
            WrittenText text = texts.get(index);
            Optional<ArrayNode> tokens =
                    request.top().isPresent()
                            ? Optional.of(described(text.moreTokens(last), List.of()))
                            : Optional.empty();
            String prompt = begun[index] ? "" : echoed(request, index);
            Optional<String> finish = last ? Optional.of(text.finishReason()) : Optional.empty();
            ObjectNode chunk = head(id, created, true);
            chunk.putArray("choices").add(form.part(new Piece(index, prompt + more, tokens, finish), !begun[index]));
            begun[index] = true;
            events.data(chunk);
        }
    }

    /** The prompt, where it is part of the answer. */
    private static String echoed(WritingRequest request, int index) {
        return request.echo() && request.sources().get(index / request.copies()) instanceof Source.Text source
                ? source.before()
                : "";
    }

    private ObjectNode head(String id, long created, boolean chunk) {
        return Json.object()
                .put("id", id)
                .put("object", form.object(chunk))
                .put("created", created)
                .put("model", model.name());
    }

    private ObjectNode usage(WritingRequest request, List<WrittenText> texts, List<Sample> samples) {
        int given = 0;
        for (int i = 0; i < texts.size(); i += request.copies()) {
            given += texts.get(i).given();
        }
        int written = texts.stream().mapToInt(WrittenText::written).sum();
        int evaluations = samples.stream().mapToInt(Sample::evaluations).sum();
        desk.metrics().written(given, written, evaluations);
        return model.usage(given, written, evaluations);
    }
}
