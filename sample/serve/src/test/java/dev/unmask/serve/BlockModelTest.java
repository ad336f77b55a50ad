package dev.unmask.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;

import dev.unmask.sample.FillIn;
import dev.unmask.sample.Filling;
import dev.unmask.tensor.program.Backend;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

/** A model of block diffusion, which writes one block after the other. */
@Timeout(60)
class BlockModelTest {
    private static final int TOKENS = 3 * TinyModel.BLOCK;

    private static Backend backend;
    private static Backend other;
    private static ModelServer server;
    private static Client client;
    private static FillIn library;

    @BeforeAll
    static void start() throws Exception {
        backend = TinyModel.backend();
        other = TinyModel.backend();
        server = ModelServer.start(TinyModel.inBlocks(backend), "tiny", ServerSettings.defaults().at("127.0.0.1", 0));
        client = new Client(server.address());
        library = new FillIn(TinyModel.inBlocks(other));
    }

    @AfterAll
    static void stop() {
        server.close();
        backend.close();
        other.close();
    }

    @Test
    void fillsOneBlockAfterTheOther() throws Exception {
        List<Client.Event> events = client.post("/v1/fill", "{'text':'____:" + TOKENS + "','stream':true}").events();
        int block = 0;
        for (Client.Event event : events.subList(1, events.size() - 1)) {
            for (JsonNode token : event.data().get("placed")) {
                int its = token.get("position").intValue() / TinyModel.BLOCK;
                assertTrue(its >= block, event.data()::toString);
                block = its;
            }
        }
        assertEquals(2, block);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",'cache':'exact'", ",'cache':'none'"})
    void fillsAsTheLibraryDoes(String cache) throws Exception {
        Filling expected = library.fill("the ____:" + TOKENS);
        JsonNode answer = client.post("/v1/fill", "{'text':'the ____:" + TOKENS + "'" + cache + "}").json();
        assertEquals(expected.text(), answer.get("fillings").get(0).get("text").textValue());
    }

    @Test
    void anEstimateThatBlocksDoNotHaveIsRefused() throws Exception {
        Client.Answer answer = client.post("/v1/score", "{'text':'the cat sleeps','estimator':'mask_count'}");
        assertEquals(400, answer.status());
        String said = answer.json().get("error").get("message").textValue();
        assertTrue(said.contains("blocks of " + TinyModel.BLOCK + " tokens"), said);
        assertEquals(200, client.post("/v1/score", "{'text':'the cat','estimator':'chain_rule'}").status());
    }
}
