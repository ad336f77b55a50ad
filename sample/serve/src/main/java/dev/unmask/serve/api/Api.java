package dev.unmask.serve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.model.LanguageModel;
import dev.unmask.serve.engine.Engine;
import dev.unmask.serve.http.ApiException;
import dev.unmask.serve.http.Exchange;
import dev.unmask.serve.http.Routes;
import dev.unmask.serve.metrics.Metrics;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** All that is answered. */
public final class Api {
    private final Engine engine;
    private final Metrics metrics;
    private final ServedModel model;
    private final Desk desk;

    /**
     * An API.
     *
     * @param engine computes
     * @param model the engine's
     * @param name what requests call the model
     * @param limits of a request
     * @param metrics are shown, and told of tokens
     */
    public Api(Engine engine, LanguageModel model, String name, Limits limits, Metrics metrics) {
        this.engine = engine;
        this.metrics = metrics;
        this.model = new ServedModel(model, name);
        this.desk = new Desk(engine, limits, metrics);
    }

    /**
     * Which endpoint answers which path.
     *
     * @return the routes
     */
    public Routes routes() {
        Routes routes = new Routes();
        routes.add("GET", "/healthz", Routes.Access.OPEN, this::health);
        routes.add("GET", "/metrics", Routes.Access.KEY, this::numbers);
        routes.add("GET", "/v1/models", Routes.Access.KEY, this::models);
        routes.add("GET", "/v1/models/", Routes.Access.KEY, this::oneModel);
        routes.add("POST", "/v1/fill", Routes.Access.WORK, new FillEndpoint(desk, model));
        routes.add("POST", "/v1/alternatives", Routes.Access.WORK, new AlternativesEndpoint(desk, model));
        routes.add("POST", "/v1/score", Routes.Access.WORK, new ScoreEndpoint(desk, model));
        WritingEndpoint.Form completion = new CompletionForm();
        routes.add("POST", "/v1/completions", Routes.Access.WORK, new WritingEndpoint(desk, model, completion));
        WritingEndpoint.Form chat = new ChatForm();
        routes.add("POST", "/v1/chat/completions", Routes.Access.WORK, new WritingEndpoint(desk, model, chat));
        Files.all().forEach((path, file) -> routes.add("GET", path, Routes.Access.OPEN, file));
        return routes;
    }

    private void health(Exchange exchange) throws IOException {
        boolean healthy = engine.healthy();
        exchange.json(healthy ? 200 : 503, Json.object().put("status", healthy ? "ok" : "shutting down"));
    }

    private void numbers(Exchange exchange) throws IOException {
        exchange.send(
                200, "text/plain; version=0.0.4; charset=utf-8", metrics.page().getBytes(StandardCharsets.UTF_8));
    }

    private void models(Exchange exchange) throws IOException {
        ObjectNode answer = Json.object().put("object", "list");
        answer.putArray("data").add(model.describe());
        exchange.json(200, answer);
    }

    private void oneModel(Exchange exchange) throws IOException {
        if (!exchange.rest().equals(model.name())) {
            throw ApiException.refused(
                    404, "model_not_found", "model: found another one than " + model.name() + ", which is served here");
        }
        exchange.json(200, model.describe());
    }
}
