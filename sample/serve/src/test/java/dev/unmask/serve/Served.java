package dev.unmask.serve;

import dev.unmask.model.LanguageModel;
import dev.unmask.tensor.program.Backend;

import java.io.IOException;

/** A server of a small model, and the same model for the library to be asked. */
final class Served implements AutoCloseable {
    private final Backend backend = TinyModel.backend();
    private final Backend other = TinyModel.backend();
    private final ModelServer server;
    private final LanguageModel library;

    private Served(boolean causal, ServerSettings settings) throws IOException {
        LanguageModel model = causal ? TinyModel.causal(backend) : TinyModel.masked(backend);
        server = ModelServer.start(model, "tiny", settings.at("127.0.0.1", 0));
        library = causal ? TinyModel.causal(other) : TinyModel.masked(other);
    }

    static Served masked() throws IOException {
        return masked(ServerSettings.defaults());
    }

    static Served masked(ServerSettings settings) throws IOException {
        return new Served(false, settings);
    }

    static Served causal() throws IOException {
        return new Served(true, ServerSettings.defaults());
    }

    ModelServer server() {
        return server;
    }

    Client client() {
        return new Client(server.address());
    }

    /** Where OpenAI's clients look. */
    String base() {
        return server.address() + "v1";
    }

    LanguageModel library() {
        return library;
    }

    @Override
    public void close() {
        server.close();
        backend.close();
        other.close();
    }
}
