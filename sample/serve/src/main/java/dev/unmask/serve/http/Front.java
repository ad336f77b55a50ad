package dev.unmask.serve.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.unmask.tensor.InputException;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

import java.io.IOException;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** What every request passes: the gate, the route, and whoever turns a failure into an answer. */
public final class Front extends Handler.Abstract {
    private static final System.Logger LOG = System.getLogger(Front.class.getName());

    /** Nothing is loaded but from here, and nobody shows the page in a frame of theirs. */
    private static final String CONTENT_POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
                    + " manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final Gate gate;
    private final Routes routes;
    private final Admission admission;
    private final int mostBytes;
    private final RequestWatch watch;
    private final AtomicInteger unanswered = new AtomicInteger();

    /**
     * A front.
     *
     * @param gate who may ask
     * @param routes who answers
     * @param mostBytes a body may have
     * @param mostRequests of one client that are worked on at a time
     * @param watch is told of every answer
     */
    public Front(Gate gate, Routes routes, int mostBytes, int mostRequests, RequestWatch watch) {
        this.gate = gate;
        this.routes = routes;
        this.mostBytes = mostBytes;
        this.admission = new Admission(mostRequests);
        this.watch = watch;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        long before = System.nanoTime();
        unanswered.incrementAndGet();
        // It may wait for long, which is not idling.
        request.addIdleTimeoutListener(timeout -> false);
        String route = "none";
        Exchange exchange = new Exchange(request, response, mostBytes, "");
        try {
            secure(response);
            gate.check(request);
            gate.allowedOrigin(request).ifPresent(origin -> allow(response, origin));
            String path = Request.getPathInContext(request);
            if (request.getMethod().equals("OPTIONS")) {
                route = "OPTIONS";
                exchange.nothing("Allow", routes.allowed(path));
            } else {
                Routes.Route found = routes.of(request.getMethod(), path);
                route = found.path();
                exchange = new Exchange(request, response, mostBytes, found.rest(path));
                answer(found, request, exchange);
            }
            callback.succeeded();
        } catch (ClientGone e) {
            response.setStatus(499);
            callback.failed(e);
        } catch (Exception e) {
            fail(exchange, e, callback);
        } finally {
            watch.answered(route, response.getStatus(), System.nanoTime() - before);
            unanswered.decrementAndGet();
        }
        return true;
    }

    private void answer(Routes.Route route, Request request, Exchange exchange)
            throws IOException, InterruptedException {
        if (route.access() != Routes.Access.OPEN) {
            gate.requireKey(request);
        }
        if (route.access() != Routes.Access.WORK) {
            route.endpoint().answer(exchange);
            return;
        }
        String client = Request.getRemoteAddr(request);
        admission.enter(client);
        try {
            route.endpoint().answer(exchange);
        } finally {
            admission.leave(client);
        }
    }

    /**
     * Requests that are worked on.
     *
     * @return their number
     */
    public int working() {
        return admission.all();
    }

    /** Takes no more work; what was taken before goes on. */
    public void close() {
        admission.close();
    }

    /**
     * Whether everybody has an answer.
     *
     * @return whether no request is in the server
     */
    public boolean idle() {
        return unanswered.get() == 0;
    }

    static void secure(Response response) {
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        response.getHeaders().put("Referrer-Policy", "no-referrer");
        response.getHeaders().put("Content-Security-Policy", CONTENT_POLICY);
        response.getHeaders().put("Cross-Origin-Resource-Policy", "same-origin");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-cache");
    }

    private static void allow(Response response, String origin) {
        response.getHeaders().put("Access-Control-Allow-Origin", origin);
        response.getHeaders().put("Access-Control-Allow-Headers", "authorization, content-type");
        response.getHeaders().put("Access-Control-Allow-Methods", "GET, POST");
        response.getHeaders().put("Cross-Origin-Resource-Policy", "cross-origin");
        response.getHeaders().put(HttpHeader.VARY, "Origin");
    }

    private void fail(Exchange exchange, Exception failure, Callback callback) {
        ApiException answer =
                switch (failure) {
                    case ApiException known -> known;
                    case InputException wrong -> ApiException.of(wrong);
                    default -> fault(exchange, failure);
                };
        if (exchange.begun()) {
            // Whoever reads the stream sees that it has no end.
            callback.failed(failure);
            return;
        }
        try {
            answer.headers().forEach(exchange::header);
            exchange.json(answer.status(), describe(answer));
            callback.succeeded();
        } catch (IOException e) {
            callback.failed(e);
        }
    }

    private static ApiException fault(Exchange exchange, Exception failure) {
        String id = UUID.randomUUID().toString().substring(0, 8);
        if (!(failure instanceof IOException) || !exchange.gone()) {
            LOG.log(System.Logger.Level.ERROR, "request failed, " + id, failure);
        }
        return ApiException.fault(id);
    }

    /**
     * An error as OpenAI writes it.
     *
     * @param error to be written
     * @return {@code {"error": {…}}}
     */
    public static ObjectNode describe(ApiException error) {
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        ObjectNode inner = answer.putObject("error");
        inner.put("message", error.getMessage());
        inner.put("type", error.type());
        inner.put("param", error.parameter().orElse(null));
        inner.put("code", error.code());
        return answer;
    }
}
