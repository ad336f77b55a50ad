package dev.unmask.train;

/**
 * What one validation of a run measured.
 *
 * @param step how many steps were done, from 0
 * @param loss the validation loss, nats a token
 * @param standardError of the loss, nats a token
 */
public record ValidationMetrics(long step, double loss, double standardError) implements Metrics {}
