package dev.unmask.serve.api;

import java.time.Duration;

/**
 * What a request may ask for.
 *
 * @param tokens it may have written, all its texts together
 * @param texts it may have written at a time
 * @param patience how long it may be in the queue
 * @param time how long it may be computed
 */
public record Limits(int tokens, int texts, Duration patience, Duration time) {}
