package dev.unmask.serve.http;

import dev.unmask.tensor.InputException;

import java.util.Map;
import java.util.Optional;

/** An answer other than the one that was asked for, in the form of OpenAI's errors. */
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String type;
    private final String code;
    private final transient Optional<String> parameter;
    private final transient Map<String, String> headers;

    private ApiException(
            int status,
            String type,
            String code,
            String message,
            Optional<String> parameter,
            Map<String, String> headers) {
        super(message, null, false, false);
        this.status = status;
        this.type = type;
        this.code = code;
        this.parameter = parameter;
        this.headers = headers;
    }

    /**
     * The request is wrong.
     *
     * @param parameter which field
     * @param message what was found and what was expected
     * @return an answer of 400
     */
    public static ApiException wrong(String parameter, String message) {
        return new ApiException(
                400, "invalid_request_error", "invalid_value", message, Optional.of(parameter), Map.of());
    }

    /**
     * The request cannot be answered, whoever asks and however often.
     *
     * @param status such as 404
     * @param code one word of it
     * @param message what was found and what was expected
     * @return an answer
     */
    public static ApiException refused(int status, String code, String message) {
        return new ApiException(
                status, "invalid_request_error", code, message, Optional.empty(), Map.of());
    }

    /**
     * The request cannot be answered as it is, and a header says how it could be.
     *
     * @param status such as 405
     * @param code one word of it
     * @param message what was found and what was expected
     * @param header its name, such as {@code Allow}
     * @param value its value
     * @return an answer
     */
    public static ApiException refused(int status, String code, String message, String header, String value) {
        return new ApiException(
                status, "invalid_request_error", code, message, Optional.empty(), Map.of(header, value));
    }

    /**
     * What the library says of a request.
     *
     * @param wrong what was found and what was expected
     * @return an answer of 400
     */
    public static ApiException of(InputException wrong) {
        return refused(400, "invalid_value", String.valueOf(wrong.getMessage()));
    }

    /**
     * There is too much to do now.
     *
     * @param status 429 or 503
     * @param code one word of it
     * @param message what there is too much of
     * @param retryAfter seconds after which to try again
     * @return an answer
     */
    public static ApiException later(int status, String code, String message, int retryAfter) {
        return new ApiException(
                status, "server_busy", code, message, Optional.empty(), Map.of("Retry-After", Integer.toString(retryAfter)));
    }

    /**
     * It took too long.
     *
     * @param message how long it may take
     * @return an answer of 504
     */
    public static ApiException tooLong(String message) {
        return new ApiException(
                504, "server_error", "time_limit", message, Optional.empty(), Map.of());
    }

    /**
     * A fault of the server.
     *
     * @param id under which it is in the log
     * @return an answer of 500
     */
    public static ApiException fault(String id) {
        return new ApiException(
                500,
                "server_error",
                "internal_error",
                "the server failed; its log has more under " + id,
                Optional.empty(),
                Map.of());
    }

    /**
     * The status of the answer.
     *
     * @return such as 400
     */
    public int status() {
        return status;
    }

    /**
     * The kind of error.
     *
     * @return such as {@code invalid_request_error}
     */
    public String type() {
        return type;
    }

    /**
     * The error in a word.
     *
     * @return such as {@code invalid_value}
     */
    public String code() {
        return code;
    }

    /**
     * The field of the request that is wrong.
     *
     * @return its name, if it is one
     */
    public Optional<String> parameter() {
        return parameter;
    }

    /**
     * What else the client is told, such as when to try again.
     *
     * @return headers of the answer by name
     */
    public Map<String, String> headers() {
        return headers;
    }
}
