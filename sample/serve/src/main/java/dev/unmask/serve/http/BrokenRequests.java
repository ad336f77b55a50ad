package dev.unmask.serve.http;

import com.fasterxml.jackson.databind.ObjectMapper;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Answers what is no request by the rules of HTTP, which the front never sees, as all other errors are answered. */
public final class BrokenRequests implements Request.Handler {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** An answer to whatever is broken. */
    public BrokenRequests() {}

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws IOException {
        int status = response.getStatus() < HttpStatus.BAD_REQUEST_400 ? HttpStatus.BAD_REQUEST_400 : response.getStatus();
        Object reason = request.getAttribute(ErrorHandler.ERROR_MESSAGE);
        ApiException error =
                ApiException.refused(
                        status,
                        "broken_request",
                        "found "
                                + (reason == null ? HttpStatus.getMessage(status) : reason)
                                + ", expected a request by the rules of HTTP/1.1, and within its usual sizes");
        byte[] content = JSON.writeValueAsBytes(Front.describe(error));
        Front.secure(response);
        response.setStatus(status);
        // Where such a request ends nobody knows.
        response.getHeaders().put(HttpHeader.CONNECTION, "close");
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, content.length);
        boolean head = request.getMethod().equals("HEAD");
        response.write(true, head ? null : ByteBuffer.wrap(content), callback);
        return true;
    }
}
