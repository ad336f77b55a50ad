package dev.unmask.serve.http;

/** Is told of every answer. */
@FunctionalInterface
public interface RequestWatch {
    /**
     * A request has been answered.
     *
     * @param route its path as it was registered
     * @param status of the answer; 499: the client has gone
     * @param nanoseconds it took
     */
    void answered(String route, int status, long nanoseconds);
}
