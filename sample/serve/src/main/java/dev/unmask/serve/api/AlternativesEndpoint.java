package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.serve.engine.Job;
import dev.unmask.serve.http.ApiException;
import dev.unmask.serve.http.Endpoint;
import dev.unmask.serve.http.Exchange;

import java.io.IOException;
import java.util.List;
import java.util.OptionalInt;

/** {@code POST /v1/alternatives}: which tokens may stand at one place, the others as they are. */
final class AlternativesEndpoint implements Endpoint {
    private static final int MOST = 100;
    private static final int USUAL = 8;

    private final Desk desk;
    private final ServedModel model;

    AlternativesEndpoint(Desk desk, ServedModel model) {
        this.desk = desk;
        this.model = model;
    }

    @Override
    public void answer(Exchange exchange) throws IOException, InterruptedException {
        // A causal model is refused before anything is read.
        desk.engine().workshop().masked();
        Fields fields = new Fields(exchange.body());
        model.requireNamed(fields);
        int[] ids =
                fields.any("tokens")
                        .map(value -> model.ids("tokens", value))
                        .orElseThrow(() -> ApiException.wrong("tokens", "tokens: found none, expected token ids"));
        OptionalInt asked = fields.integer("position", 0, ids.length - 1);
        int position =
                asked.orElseThrow(() ->
                        ApiException.wrong("position", "position: found none, expected which token is asked about"));
        int count = fields.integer("count", 1, MOST).orElse(USUAL);
        fields.refuseOthers();
        List<LikelyToken> found =
                desk.result(
                        exchange,
                        new Job.Computation<>(
                                "alternatives",
                                waiting -> {
                                    LikelyTokens likely = new LikelyTokens(desk.engine().workshop(), model.notWords());
                                    return likely.at(ids, position, 0, count, waiting);
                                }));
        ObjectNode answer = Json.object();
        answer.put("object", "alternatives").put("model", model.name()).put("position", position);
        ArrayNode all = answer.putArray("alternatives");
        found.forEach(token -> all.add(token.described(model.pieces())));
        exchange.json(200, answer);
    }
}
