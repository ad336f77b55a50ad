package dev.unmask.serve.http;

import java.io.IOException;

/** Whoever asked has closed the connection. */
public final class ClientGone extends IOException {
    private static final long serialVersionUID = 1L;

    ClientGone() {
        super("the client has closed the connection");
    }
}
