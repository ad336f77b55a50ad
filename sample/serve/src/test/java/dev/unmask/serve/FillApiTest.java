package dev.unmask.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;

import dev.unmask.model.LanguageModel;
import dev.unmask.sample.FillIn;
import dev.unmask.sample.FillSettings;
import dev.unmask.sample.Filling;
import dev.unmask.sample.SamplerSettings;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.http.HttpRequest;
import java.util.List;

/** {@code /v1/fill}, {@code /v1/models}, {@code /healthz} and {@code /metrics}, against the library. */
@Timeout(120)
class FillApiTest {
    private static Backend backend;
    private static Backend other;
    private static ModelServer server;
    private static Client client;
    private static FillIn library;

    @BeforeAll
    static void start() throws Exception {
        backend = TinyModel.backend();
        other = TinyModel.backend();
        LanguageModel model = TinyModel.masked(backend);
        server = ModelServer.start(model, "tiny", ServerSettings.defaults().at("127.0.0.1", 0));
        client = new Client(server.address());
        library = new FillIn(TinyModel.masked(other));
    }

    @AfterAll
    static void stop() {
        server.close();
        backend.close();
        other.close();
    }

    @Test
    void saysThatItIsWellAndWhatItServes() throws Exception {
        assertEquals("ok", client.get("/healthz").json().get("status").textValue());
        JsonNode model = client.get("/v1/models").json().get("data").get(0);
        assertEquals("tiny", model.get("id").textValue());
        assertEquals("masked", model.get("unmask").get("kind").textValue());
        assertEquals(TinyModel.MAX_LENGTH, model.get("unmask").get("max_length").intValue());
        assertEquals(model, client.get("/v1/models/tiny").json());
        assertEquals(404, client.get("/v1/models/other").status());
        client.post("/v1/fill", "{'text':'the ____ sleeps'}");
        String metrics = client.get("/metrics").response().body();
        assertTrue(metrics.contains("unmask_requests_total{path=\"/v1/fill\",status=\"200\"}"), metrics);
        assertTrue(metrics.contains("unmask_batch_sequences_bucket{le=\"1\"}"), metrics);
    }

    @Test
    void fillsAsTheLibraryDoes() throws Exception {
        Filling expected = library.fill("the ____ sleeps on a ____:2");
        JsonNode answer = client.post("/v1/fill", "{'text':'the ____ sleeps on a ____:2'}").json();
        JsonNode filling = answer.get("fillings").get(0);
        assertEquals(expected.text(), filling.get("text").textValue());
        assertEquals(expected.logConfidence(), filling.get("log_probability").doubleValue(), 1e-9);
        assertEquals(expected.blanks().get(1).text(), filling.get("blanks").get(1).get("text").textValue());
        assertEquals(expected.tokens().size(), filling.get("tokens").size());
        assertEquals(expected.evaluations(), answer.get("usage").get("evaluations").intValue());
    }

    @Test
    void aSeedDecidesWhatIsDrawn() throws Exception {
        SamplerSettings sampler = SamplerSettings.defaults().withTemperature(1).withSteps(2).withSeed(7);
        Filling expected = library.fill("____:12", FillSettings.defaults().withSampler(sampler)).getFirst();
        JsonNode answer =
                client.post("/v1/fill", "{'text':'____:12','temperature':1,'steps':2,'seed':7,'model':'tiny'}").json();
        assertEquals(expected.text(), answer.get("fillings").get(0).get("text").textValue());
        assertEquals(7, answer.get("seed").intValue());
    }

    @Test
    void givesAlternativesOfATokenAndChoosesBetweenTexts() throws Exception {
        List<Filling> expected = library.fill("the ____ sleeps", FillSettings.defaults().withAlternatives(5));
        JsonNode answer = client.post("/v1/fill", "{'tokens':[5,null,4],'alternatives':5}").json();
        for (int i = 0; i < 5; i++) {
            assertEquals(expected.get(i).text(), answer.get("fillings").get(i).get("text").textValue());
        }
        String text = "the ____{cat|dog|old house} sleeps";
        assertEquals(
                library.fill(text).text(),
                client.post("/v1/fill", "{'text':'" + text + "'}").json().get("fillings").get(0).get("text").textValue());
    }

    @Test
    void marksBeforeAndAfterABlankAreText() throws Exception {
        JsonNode answer =
                client.post("/v1/fill", "{'before':'the cat','after':'. the ____ runs','tokens_per_blank':3}").json();
        JsonNode filling = answer.get("fillings").get(0);
        assertEquals(1, filling.get("blanks").size());
        assertEquals(3, filling.get("blanks").get(0).get("tokens").size());
    }

    @Test
    void streamsEveryStepAndEndsWithWhatItAnswersOtherwise() throws Exception {
        String body = "{'text':'the ____:6 sleeps','steps':3,'seed':1%s}";
        JsonNode whole = client.post("/v1/fill", body.formatted("")).json();
        List<Client.Event> events = client.post("/v1/fill", body.formatted(",'stream':true")).events();
        assertEquals(List.of("start", "step", "step", "step", "done"), events.stream().map(Client.Event::name).toList());
        JsonNode start = events.getFirst().data().get("tokens");
        assertEquals("the", start.get(0).get("text").textValue().strip());
        assertTrue(start.get(1).get("id").isNull());
        int[] ids = new int[start.size()];
        int placed = 0;
        for (Client.Event event : events.subList(1, 4)) {
            assertEquals(2, event.data().get("placed").size());
            for (JsonNode token : event.data().get("placed")) {
                ids[token.get("position").intValue()] = token.get("id").intValue();
                assertTrue(token.get("log_probability").doubleValue() <= 0);
                placed++;
            }
        }
        assertEquals(6, placed);
        JsonNode tokens = events.getLast().data().get("fillings").get(0).get("tokens");
        for (int i = 1; i < 7; i++) {
            assertEquals(ids[i], tokens.get(i).get("id").intValue());
        }
        assertEquals(whole.get("fillings"), events.getLast().data().get("fillings"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
        "{'text':'no blank'};400;found no blank",
        "{'text':7};400;text: found 7",
        "{'text':'____','temprature':1};400;temprature",
        "{'text':'____','temperature':'hot'};400;temperature: found \"hot\"",
        "{'text':'____','steps':0};400;steps: found 0",
        "{'text':'____','sampler':'best ever'};400;sampler: found best ever",
        "{'text':'____','cache':'exact'};400;cache: found exact, expected one of none, prefix, dual, delayed",
        "{'text':'____','schedule':'even','factor':1};400;factor: found beside schedule",
        "{'text':'____:97'};400;at most the model's 96",
        "{'tokens':[1,23]};400;tokens: found 23",
        "{'tokens':[1,2]};400;no mask token",
        "{'text':'____','tokens':[null]};400;one of text",
        "{};400;one of text",
        "{'text':'____','model':'gpt-4'};404;tiny",
        "[1];400;JSON object",
        "{'text':;400;no JSON",
        "{'text':'____','alternatives':3,'stream':true};400;go without stream"
    })
    void whatIsWrongIsNamed(String body, int status, String message) throws Exception {
        Client.Answer answer = client.post("/v1/fill", body);
        assertEquals(status, answer.status());
        String said = answer.json().get("error").get("message").textValue();
        assertTrue(said.contains(message), said);
        assertFalse(said.contains(System.getProperty("user.dir")), said);
    }

    @Test
    void whatIsNotThereIsNamed() throws Exception {
        assertEquals(404, client.get("/v1/nothing").status());
        assertEquals(415, client.send(client.request("/v1/fill").POST(HttpRequest.BodyPublishers.ofString("{}")).build()).status());
    }
}
