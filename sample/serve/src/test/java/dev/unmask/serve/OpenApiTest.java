package dev.unmask.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;

import dev.unmask.sample.SamplerOption;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Whether the server does what {@code /openapi.json} says. */
@Timeout(60)
class OpenApiTest {
    private static Served served;
    private static JsonNode description;

    @BeforeAll
    static void start() throws Exception {
        served = Served.masked();
        description = served.client().get("/openapi.json").json();
    }

    @AfterAll
    static void stop() {
        served.close();
    }

    private static List<String> faults(String schema, JsonNode value) {
        ObjectNode root = Client.JSON.createObjectNode();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("$ref", "#/components/schemas/" + schema);
        root.set("components", description.get("components"));
        Schema known = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(root);
        return known.validate(value).stream().map(Object::toString).toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "/v1/fill;FillRequest;FillAnswer;{'text':'the ____ of ____:2','steps':2,'temperature':0.5,'seed':3}",
        "/v1/fill;FillRequest;FillAnswer;{'tokens':[5,null],'alternatives':3}",
        "/v1/fill;FillRequest;FillAnswer;{'before':'the','after':'cat','tokens_per_blank':2,'sampler':'best'}",
        "/v1/alternatives;AlternativesRequest;AlternativesAnswer;{'tokens':[5,4,7],'position':1,'count':3}",
        "/v1/score;ScoreRequest;ScoreAnswer;{'text':'the cat sleeps'}",
        "/v1/score;ScoreRequest;ScoreAnswer;{'text':'the cat','prefix':'a dog and ','estimator':'chain_rule'}",
        "/v1/score;ScoreRequest;ScoreAnswer;{'text':'the cat sleeps','estimator':'mask_count','samples':32,'guidance':1}",
        "/v1/score;ScoreRequest;ScoreAnswer;{'tokens':[5,4],'estimator':'duel'}",
        "/v1/completions;CompletionRequest;CompletionAnswer;{'prompt':['the cat','a'],'max_tokens':4,'n':2,'logprobs':2}",
        "/v1/completions;CompletionRequest;CompletionAnswer;{'prompt':[5,4],'max_tokens':4,'stop':['cat'],'echo':true}",
        "/v1/chat/completions;ChatRequest;ChatAnswer;"
                + "{'messages':[{'role':'user','content':'the cat'}],'max_tokens':4,'logprobs':true,'top_logprobs':2}"
    })
    void requestsAndAnswersAreAsDescribed(String path, String request, String answer, String body) throws Exception {
        assertEquals(List.of(), faults(request, Client.JSON.readTree(body.replace('\'', '"'))));
        Client.Answer found = served.client().post(path, body);
        assertEquals(200, found.status(), found.response().body());
        assertEquals(List.of(), faults(answer, found.json()), found.response().body());
        assertEquals(
                "#/components/schemas/" + answer,
                description
                        .at("/paths/" + path.replace("/", "~1") + "/post/responses/200/content/application~1json/schema/$ref")
                        .textValue());
    }

    /** Fields that say something else than how to sample. */
    private static final Map<String, Set<String>> OTHERS =
            Map.of(
                    "FillRequest",
                    Set.of(
                            "model", "text", "tokens", "before", "after", "tokens_per_blank", "alternatives",
                            "allow_special", "stream", "seed"));

    @ParameterizedTest
    @ValueSource(strings = {"FillRequest", "CompletionRequest", "ChatRequest"})
    void fieldsOfTheSamplerAreItsOptions(String schema) {
        JsonNode properties = description.at("/components/schemas/" + schema + "/properties");
        Set<String> fields = new TreeSet<>();
        properties.fieldNames().forEachRemaining(fields::add);
        for (SamplerOption option : SamplerOption.values()) {
            assertTrue(fields.remove(option.label()), option.label());
            JsonNode property = properties.get(option.label());
            List<String> words = new ArrayList<>();
            property.path("enum").forEach(word -> words.add(word.textValue()));
            assertEquals(Set.copyOf(option.words()), Set.copyOf(words), option.label());
            if (property.has("minimum")) {
                assertEquals(option.least(), property.get("minimum").doubleValue(), option.label());
            }
            if (property.has("maximum")) {
                assertEquals(option.most(), property.get("maximum").doubleValue(), option.label());
            }
        }
        if (OTHERS.containsKey(schema)) {
            assertEquals(OTHERS.get(schema), fields);
        }
    }

    @Test
    void streamsAndErrorsAreAsDescribed() throws Exception {
        List<Client.Event> events = served.client().post("/v1/fill", "{'text':'____:3','stream':true}").events();
        assertEquals(List.of(), faults("FillStart", events.getFirst().data()));
        assertEquals(List.of(), faults("FillStep", events.get(1).data()));
        assertEquals(List.of(), faults("FillAnswer", events.getLast().data()));
        assertEquals(List.of(), faults("Error", served.client().post("/v1/fill", "{}").json()));
        assertEquals(List.of(), faults("Models", served.client().get("/v1/models").json()));
    }

    @Test
    void everyPathIsThereAndEveryFieldIsKnown() throws Exception {
        for (String path : (Iterable<String>) description.get("paths")::fieldNames) {
            boolean posts = description.get("paths").get(path).has("post");
            Client.Answer answer =
                    posts ? served.client().post(path, "{'nothing':1}") : served.client().get(path.replace("{model}", "tiny"));
            assertEquals(posts ? 400 : 200, answer.status(), path);
            if (posts && !path.contains("chat") && !path.contains("alternatives")) {
                // A field that is not known is answered with all that are.
                String message = answer.json().get("error").get("message").textValue();
                String schema =
                        description
                                .at("/paths/" + path.replace("/", "~1") + "/post/requestBody/content/application~1json/schema/$ref")
                                .textValue();
                TreeSet<String> described = new TreeSet<>();
                description.at(schema.substring(1) + "/properties").fieldNames().forEachRemaining(described::add);
                assertEquals(String.join(", ", described), message.substring(message.indexOf("one of ") + 7), path);
            }
        }
    }
}
