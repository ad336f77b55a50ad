package dev.unmask.serve;

import dev.unmask.model.LanguageModel;
import dev.unmask.serve.api.Api;
import dev.unmask.serve.api.Limits;
import dev.unmask.serve.engine.Engine;
import dev.unmask.serve.http.BrokenRequests;
import dev.unmask.serve.http.Front;
import dev.unmask.serve.http.Gate;
import dev.unmask.serve.metrics.Metrics;

import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Serves a model: a page for people, an API in the form of OpenAI's and one of its own for programs.
 *
 * <p>The model's backend computes on the server's own thread from then on, and for nobody else.
 */
public final class ModelServer implements AutoCloseable {
    /** Threads that accept and select; requests run on virtual ones. */
    private static final int THREADS = 16;

    private static final int CONNECTION_IDLE_MILLISECONDS = 60_000;

    /** How long what has been computed may take to be written. */
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(5);

    private static final Duration LOOK = Duration.ofMillis(5);

    private final Server server;
    private final ServerConnector connector;
    private final Front front;
    private final Engine engine;
    private final ServerSettings settings;

    private ModelServer(
            Server server, ServerConnector connector, Front front, Engine engine, ServerSettings settings) {
        this.server = server;
        this.connector = connector;
        this.front = front;
        this.engine = engine;
        this.settings = settings;
    }

    /**
     * Starts to serve a model.
     *
     * @param model is not closed with the server
     * @param name what requests call it
     * @param settings how it is served
     * @return the server, which listens
     * @throws IOException if the port cannot be listened at
     * @throws dev.unmask.tensor.InputException if the settings ask for an address that others reach without a key
     */
    public static ModelServer start(LanguageModel model, String name, ServerSettings settings) throws IOException {
        InetAddress address = settings.address();
        Metrics metrics = new Metrics();
        Engine engine = new Engine(model, settings.queue(), settings.batch(), metrics);
        metrics.gauge("unmask_queue_length", "Requests that wait.", engine::waiting);
        Api api =
                new Api(
                        engine,
                        model,
                        name,
                        new Limits(settings.mostTokens(), settings.batch(), settings.patience(), settings.time()),
                        metrics);
        Front front =
                new Front(
                        new Gate(settings.names(), settings.origins(), settings.key()),
                        api.routes(),
                        settings.mostBytes(),
                        settings.perClient(),
                        metrics);
        metrics.gauge("unmask_requests_in_progress", "Requests that are worked on.", front::working);

        QueuedThreadPool threads = new QueuedThreadPool(THREADS);
        threads.setName("unmask-http");
        threads.setVirtualThreadsExecutor(VirtualThreads.getDefaultVirtualThreadsExecutor());
        Server server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
        connector.setHost(address.getHostAddress());
        connector.setPort(settings.port());
        connector.setIdleTimeout(CONNECTION_IDLE_MILLISECONDS);
        server.addConnector(connector);
        server.setHandler(front);
        server.setErrorHandler(new BrokenRequests());
        try {
            server.start();
        } catch (Exception e) {
            stop(server);
            engine.close();
            if (e instanceof IOException unheard) {
                throw new IOException(
                        "port "
                                + settings.port()
                                + " of "
                                + settings.host()
                                + ": "
                                + reason(unheard)
                                + "; name another port, or 0 for any that is free",
                        unheard);
            }
            throw new IllegalStateException("the server did not start", e);
        }
        return new ModelServer(server, connector, front, engine, settings);
    }

    private static String reason(IOException unheard) {
        return unheard.getCause() instanceof IOException cause ? cause.getMessage() : unheard.getMessage();
    }

    /**
     * Where the server listens.
     *
     * @return such as {@code http://127.0.0.1:8080/}
     */
    public URI address() {
        String host = connector.getHost();
        return URI.create("http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + connector.getLocalPort() + "/");
    }

    /** Takes no more requests, finishes those that are there if there is time, and ends. */
    @Override
    public void close() {
        engine.retire();
        front.close();
        // What was taken may not have come to the engine yet.
        await(() -> front.working() == 0, settings.grace());
        engine.close();
        // Whoever was given nothing is told so before the connection ends.
        await(front::idle, LAST_ANSWERS);
        stop(server);
    }

    private static void await(BooleanSupplier over, Duration most) {
        long end = System.nanoTime() + most.toNanos();
        while (!over.getAsBoolean() && System.nanoTime() < end) {
            LockSupport.parkNanos(LOOK.toNanos());
        }
    }

    private static void stop(Server server) {
        try {
            server.stop();
        } catch (Exception e) {
            System.getLogger(ModelServer.class.getName())
                    .log(System.Logger.Level.WARNING, "the server did not stop as it should", e);
        }
    }
}
